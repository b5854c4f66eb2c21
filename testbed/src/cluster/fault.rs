//! The words by which a scenario says what goes wrong between vfctl and the API server.

use std::time::Duration;

/// What goes wrong, with which requests, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// How many requests it befalls; `None` for all.
    pub left: Option<u32>,
    /// The verb of the requests, as roles name it; `None` for all.
    pub verb: Option<String>,
    /// The resource, such as `nodes`; `None` for all.
    pub resource: Option<String>,
    /// What happens to them.
    pub harm: Harm,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Harm {
    /// It is answered in place of the API server.
    Answer {
        /// The code.
        code: u16,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
        /// How far the clock of the answer's `Date` is ahead, in seconds; negative where it is behind.
        ahead: i64,
    },
    /// The connection is closed, and the API server never hears of the request.
    Cut,
    /// The API server does what is asked, and the connection is closed before its answer.
    DoneThenCut,
    /// The answer ends after so many bytes of its body.
    CutAfter(usize),
    /// The API server never hears of it, and there is no answer.
    Silence,
    /// The answer comes this much later.
    Slow(Duration),
}

/// What is between vfctl and the API server from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Nothing that does harm.
    Well,
    /// A fault more.
    Fault(Fault),
    /// A server whose certificate begins or ended so many hours from now, in the future where positive.
    Certificate {
        /// When it begins, in hours from now.
        begins: i64,
        /// When it ends.
        ends: i64,
    },
}

/// What can be said.
pub const WORDS: &str = "well; certificate begins in N h; certificate ended N h ago; [N] VERB RESOURCE: HARM, where HARM is answer \
                         CODE [retry after N] [clock +N h], cut, done then cut, cut after N bytes, silence, slow N ms";

/// Reads an order; `None` for other words.
pub fn parse(words: &str) -> Option<Order> {
    let all: Vec<&str> = words.split_whitespace().collect();
    match all[..] {
        ["well"] => return Some(Order::Well),
        ["certificate", "begins", "in", hours, "h"] => {
            let begins = hours.parse().ok()?;
            return Some(Order::Certificate { begins, ends: begins + 24 });
        }
        ["certificate", "ended", hours, "h", "ago"] => {
            let ended: i64 = hours.parse().ok()?;
            return Some(Order::Certificate { begins: -ended - 24, ends: -ended });
        }
        _ => {}
    }
    let (requests, harm) = words.split_once(':')?;
    let requests: Vec<&str> = requests.split_whitespace().collect();
    let (left, verb, resource) = match requests[..] {
        [count, verb, resource] => (Some(count.parse().ok()?), verb, resource),
        [verb, resource] => (None, verb, resource),
        _ => return None,
    };
    let named = |word: &str| (word != "any").then(|| word.to_owned());
    Some(Order::Fault(Fault { left, verb: named(verb), resource: named(resource), harm: harm_of(harm)? }))
}

fn harm_of(words: &str) -> Option<Harm> {
    let words: Vec<&str> = words.split_whitespace().collect();
    match words[..] {
        ["cut"] => Some(Harm::Cut),
        ["done", "then", "cut"] => Some(Harm::DoneThenCut),
        ["cut", "after", bytes, "bytes"] => Some(Harm::CutAfter(bytes.parse().ok()?)),
        ["silence"] => Some(Harm::Silence),
        ["slow", time, "ms"] => Some(Harm::Slow(Duration::from_millis(time.parse().ok()?))),
        ["answer", code, ref more @ ..] => {
            let (mut retry_after, mut ahead) = (None, 0);
            let mut more = more;
            loop {
                more = match more {
                    [] => break,
                    ["retry", "after", seconds, rest @ ..] => {
                        retry_after = Some(seconds.parse().ok()?);
                        rest
                    }
                    ["clock", hours, "h", rest @ ..] => {
                        ahead = hours.parse::<i64>().ok()? * 3600;
                        rest
                    }
                    _ => return None,
                };
            }
            Some(Harm::Answer { code: code.parse().ok()?, retry_after, ahead })
        }
        _ => None,
    }
}

/// The verb and the resource of a request, as roles name them.
pub fn meaning(method: &str, target: &str) -> (&'static str, String) {
    let path = target.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let below = match parts[..] {
        ["api", _, ref rest @ ..] | ["apis", _, _, ref rest @ ..] => rest,
        _ => return ("get", path.trim_matches('/').to_owned()),
    };
    let below = match below {
        ["namespaces", _, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    let resource = below.first().map_or_else(|| "discovery".to_owned(), |resource| (*resource).to_owned());
    let verb = match (method, below.len()) {
        ("GET", 1) => "list",
        ("PATCH", _) => "patch",
        ("POST", _) => "create",
        ("DELETE", _) => "delete",
        _ => "get",
    };
    (verb, resource)
}

/// Takes the fault that befalls a request; one that is counted is there one time less.
pub fn befalling(faults: &mut [Fault], method: &str, target: &str) -> Option<Harm> {
    let (verb, resource) = meaning(method, target);
    let fault = faults.iter_mut().find(|fault| {
        fault.left != Some(0)
            && fault.verb.as_ref().is_none_or(|wanted| wanted == verb)
            && fault.resource.as_ref().is_none_or(|wanted| *wanted == resource)
    })?;
    fault.left = fault.left.map(|left| left.saturating_sub(1));
    Some(fault.harm.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_befall_the_requests_that_they_name_as_often_as_they_say() {
        let Some(Order::Fault(fault)) = parse("2 patch nodes: answer 429 retry after 3 clock -2 h") else {
            panic!("no fault")
        };
        let harm = Harm::Answer { code: 429, retry_after: Some(3), ahead: -7200 };
        let mut faults = [fault];
        let mut befalls = |method: &str, target: &str| befalling(&mut faults, method, target);
        assert_eq!(befalls("GET", "/api/v1/nodes/a"), None);
        assert_eq!(befalls("PATCH", "/api/v1/nodes/a?force=true"), Some(harm.clone()));
        assert_eq!(befalls("PATCH", "/api/v1/nodes/a"), Some(harm));
        assert_eq!(befalls("PATCH", "/api/v1/nodes/a"), None);
    }

    #[test]
    fn requests_are_named_as_roles_name_them() {
        for (method, target, verb, resource) in [
            ("GET", "/api/v1/nodes?limit=500", "list", "nodes"),
            ("GET", "/api/v1/namespaces/a/configmaps", "list", "configmaps"),
            ("PATCH", "/apis/k8s.cni.cncf.io/v1/namespaces/a/nets/b", "patch", "nets"),
            ("DELETE", "/apis/apps/v1/namespaces/a/daemonsets/b", "delete", "daemonsets"),
            ("GET", "/api/v1/namespaces", "list", "namespaces"),
            ("GET", "/apis/apps/v1", "get", "discovery"),
            ("GET", "/version", "get", "version"),
        ] {
            assert_eq!(meaning(method, target), (verb, resource.to_owned()), "{target}");
        }
    }

    #[test]
    fn other_words_are_no_order() {
        for words in ["", "wel", "patch nodes", "x patch nodes: cut", "any any: answer", "any any: slow 3"] {
            assert_eq!(parse(words), None, "{words}");
        }
        assert_eq!(parse("well"), Some(Order::Well));
        assert_eq!(parse("certificate ended 2 h ago"), Some(Order::Certificate { begins: -26, ends: -2 }));
    }
}
