//! What an API server's refusal, or its silence, usually means and what to do about it: one row each, the first that fits.
//!
//! Refusals are known by the words that the edge writes of them, code and reason first, since facts and reports keep these alone.

/// Which texts a hint is for.
struct Row {
    /// What the text contains, each of them.
    said: &'static [&'static str],
    hint: &'static str,
}

const fn row(said: &'static [&'static str], hint: &'static str) -> Row {
    Row { said, hint }
}

/// A webhook that does not answer says so with several codes.
const WEBHOOK: &str = "a webhook of the cluster does not answer; repair its service or its configuration (`kubectl get \
                       validatingwebhookconfigurations,mutatingwebhookconfigurations`), then run the command again";

const ROWS: &[Row] = &[
    row(&["failed calling webhook"], WEBHOOK),
    row(&["401 Unauthorized", "clock"], "set the clocks right on both machines, such as by NTP"),
    row(
        &["401 Unauthorized", "expired"],
        "get a new token, such as by `kubectl create token`, and put it into the kubeconfig",
    ),
    row(
        &["401 Unauthorized"],
        "check the token or client certificate of the kubeconfig: it may have expired, or be of another cluster",
    ),
    row(
        &["403 Forbidden", "denied the request"],
        "a webhook or policy of the cluster refuses this; its owner can say why",
    ),
    row(&["403 Forbidden", "exceeded quota"], "raise the quota of the namespace, or free some of it"),
    row(
        &["403 Forbidden", "being terminated"],
        "the namespace is being deleted; wait until it is gone, create it again, and run the command again",
    ),
    row(&["403 Forbidden"], "grant this right to the account; `vfctl rbac` prints the roles that are needed"),
    row(
        &["404 Not Found", "does not define", "k8s.cni.cncf.io"],
        "install multus, which brings the definition, and run the command again",
    ),
    row(
        &["404 Not Found", "does not define"],
        "install what brings the definition, and run the command again",
    ),
    row(&["404 Not Found", "namespaces"], "create the namespace, and run the command again"),
    row(
        &["409 Conflict", "conflict with"],
        "another program sets these fields; change them there, or pass --force-conflicts to take them over",
    ),
    row(&["409 Conflict"], "another program changed or replaced the object meanwhile; run plan again"),
    row(
        &["429 Too Many Requests"],
        "the API server has too much to do, or limits the requests of this account; run the command again later",
    ),
    row(
        &["503 Service Unavailable"],
        "the API server is not ready; run the command again once `kubectl get --raw /readyz` prints ok",
    ),
    row(
        &["504 Gateway Timeout"],
        "the API server gave up; run the command again once `kubectl get --raw /readyz` prints ok",
    ),
    row(
        &["500 Internal Server Error"],
        "see the log of the API server; the next apply reads again what is there",
    ),
    row(&["NotValidYet"], CLOCK),
    row(&["not valid yet"], CLOCK),
    row(&["certificate expired"], EXPIRED),
    row(
        &["no trusted TLS connection"],
        "check the server's address and certificate-authority-data in the kubeconfig",
    ),
    row(
        &["no connection to the API server"],
        "check the server's address in the kubeconfig, and that the API server runs and can be reached from here",
    ),
    row(
        &["get the credentials for the API server"],
        "check the token file, or the program that the kubeconfig names for credentials",
    ),
    row(&["was lost before its answer"], LOST),
    row(&["no answer from the API server within"], LOST),
];

const CLOCK: &str =
    "compare the clock of this machine (`date -u`) with that of the API server, and set the wrong one right";

const EXPIRED: &str = "compare the clock of this machine (`date -u`) with that of the API server; if it is right, renew the \
                       certificate of the API server";

const LOST: &str = "check the way to the API server, such as a proxy or load balancer, and run the command again: it reads \
                    first what is there";

/// Returns what to do about this; `None` where there is no usual answer.
pub fn api_hint(said: &str) -> Option<&'static str> {
    ROWS.iter().find(|row| row.said.iter().all(|words| said.contains(words))).map(|row| row.hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_reached_by_its_own_words() {
        for row in ROWS {
            assert_eq!(api_hint(&row.said.join(" ")), Some(row.hint), "{:?}", row.said);
        }
    }

    #[test]
    fn a_webhook_that_hangs_is_no_trouble_of_the_api_server() {
        let said = "500 Internal Server Error: failed calling webhook \"a.b\": context deadline exceeded";
        assert_eq!(api_hint(said), Some(WEBHOOK));
        assert_eq!(api_hint("200 OK"), None);
    }
}
