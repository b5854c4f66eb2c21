//! The link of the CNI plugins: what multus and those behind it said when the pod's networks were attached.

use vfctl_model::{JsonValue, ObjectKind};

use super::chain::{BreakReason, PodLink, PodLinkKind, one_line};
use super::network::Asked;
use super::scene::{Scene, Warning};

/// The event in which the kubelet says what the CNI said (pkg/kubelet/events/event.go).
const SANDBOX: &str = "FailedCreatePodSandBox";
/// For what reasons a container waits for its image (pkg/kubelet/images/types.go).
const OF_IMAGES: &[&str] = &[
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
];
/// For what reasons a container waits that is yet to be made.
const NOT_YET: &[&str] = &["ContainerCreating", "PodInitializing"];
/// How much of a message is shown, in characters.
const SHOWN: usize = 600;

/// A row: words of a message, in lower case, and what they mean.
struct Row {
    words: &'static str,
    reason: BreakReason,
    help: &'static str,
}

const fn row(words: &'static str, reason: BreakReason, help: &'static str) -> Row {
    Row { words, reason, help }
}

const NO_ADDRESS: &str = "delete pods that no longer need an address, or make the range larger (`ipam` of the network); \
                          addresses of pods that are gone stay taken where a node died: for host-local in \
                          /var/lib/cni/networks of the node, for whereabouts in its ippools";
const IPAM: &str = "correct `ipam` of the network; the plugin's own log on the node says more";
const TAKEN: &str = "another pod has the address that the pod asks for: ask for another";
const NO_PLUGIN: &str = "install the CNI plugin on the node, in /opt/cni/bin";

/// What CNI plugins say, the more telling first.
const ROWS: &[Row] = &[
    row("no ip addresses available in range", BreakReason::IpamRefused, NO_ADDRESS),
    row("could not allocate ip in range", BreakReason::IpamRefused, NO_ADDRESS),
    row("no free ips in ippool", BreakReason::IpamRefused, NO_ADDRESS),
    row("is not available in range set", BreakReason::IpamRefused, TAKEN),
    row("already been allocated", BreakReason::IpamRefused, TAKEN),
    row(
        "no more tries",
        BreakReason::IpamRefused,
        "no DHCP server answered on this network: check its VLAN and the server",
    ),
    row(
        "error dialing dhcp daemon",
        BreakReason::IpamRefused,
        "start the daemon of the CNI plugin dhcp on the node (`/opt/cni/bin/dhcp daemon`)",
    ),
    row("failed to find plugin", BreakReason::CniFailed, NO_PLUGIN),
    row("at storage engine", BreakReason::IpamRefused, IPAM),
    row("ipam plugin", BreakReason::IpamRefused, IPAM),
    row("whereabouts", BreakReason::IpamRefused, IPAM),
    row(
        "cannot find a network-attachment-definition",
        BreakReason::NoSuchNetwork,
        "create the network, or correct the annotation and create the pod again",
    ),
    row(
        "vf pci addr is required",
        BreakReason::ResourceNotRequested,
        "let the pod request the network's resource once for each network of it (`vfctl pod` prints it)",
    ),
    row(
        "failed to get network interface name",
        BreakReason::VfGone,
        "the VF that the pod was given is gone or was made anew: create the pod again",
    ),
];

/// Checks what was said when the pod's sandbox was made.
pub(super) fn check(scene: &Scene<'_>, asked: &[Asked], links: &mut Vec<PodLink>) {
    let about = match asked {
        [one] => one.network.to_string(),
        _ => "networks".to_owned(),
    };
    let link = PodLinkKind::Attachment;
    let waiting = waiting(scene);
    let is_made =
        scene.is_running() || waiting.as_ref().is_some_and(|(_, reason, _)| !NOT_YET.contains(reason));
    if is_made {
        if !scene.is_on_host_network() {
            links.push(PodLink::holds(link, about, "the CNI plugins have attached what multus asked for"));
        }
        links.extend(waiting.filter(|(_, reason, _)| !NOT_YET.contains(reason)).map(of_container));
        return;
    }
    let warnings = scene.warnings();
    if let Some(warning) = warnings.iter().find(|one| one.reason == SANDBOX) {
        links.push(of_sandbox(&about, asked, warning));
        return;
    }
    // What the scheduler said is past.
    if let Some(Warning { reason, message }) = warnings.iter().find(|one| one.reason != "FailedScheduling") {
        let found = format!("{reason}: {}", cut(message));
        links.push(
            PodLink::broken(link, about, BreakReason::OtherTrouble, found)
                .with_help("`kubectl describe pod` shows all that was said"),
        );
        return;
    }
    if let Some(why) = scene.unread(ObjectKind::Event) {
        links.push(PodLink::unknown(link, about, format!("the pod does not run yet, and {why}")).with_help(
            "let vfctl list events (`vfctl rbac read` prints the rights), or run `kubectl describe pod`",
        ));
        return;
    }
    links.push(
        PodLink::unknown(link, about, "the kubelet is making the pod, and has not complained yet")
            .with_help("wait a few seconds and look again"),
    );
}

/// Returns a container that waits, why, and what is said of it.
fn waiting<'a>(scene: &Scene<'a>) -> Option<(&'a str, &'a str, &'a str)> {
    let statuses = ["initContainerStatuses", "containerStatuses"].map(|list| scene.status_list(list));
    let mut waiting = statuses.into_iter().flatten().filter_map(|status| {
        let state = status.at(&["state", "waiting"])?;
        let text = |name| state.field(name).and_then(JsonValue::text);
        let name = status.field("name").and_then(JsonValue::text).unwrap_or_default();
        Some((name, text("reason")?, text("message").unwrap_or_default()))
    });
    let all: Vec<_> = waiting.by_ref().collect();
    let telling = all.iter().find(|(_, reason, _)| !NOT_YET.contains(reason));
    telling.or(all.first()).copied()
}

fn of_container((name, reason, message): (&str, &str, &str)) -> PodLink {
    let link = PodLinkKind::Containers;
    let found = if message.is_empty() { reason.to_owned() } else { format!("{reason}: {}", cut(message)) };
    if OF_IMAGES.contains(&reason) {
        return PodLink::broken(link, name, BreakReason::ImageNotPulled, found).with_help(
            "this has nothing to do with its VFs: correct the image's name, or its registry's credentials",
        );
    }
    PodLink::broken(link, name, BreakReason::ContainerFails, found).with_help(
        "this has nothing to do with attaching its VFs: `kubectl logs` and `kubectl describe pod` show more",
    )
}

fn of_sandbox(about: &str, asked: &[Asked], warning: &Warning<'_>) -> PodLink {
    let lower = warning.message.to_lowercase();
    let row = ROWS.iter().find(|row| lower.contains(row.words));
    let is_of_network = lower.contains("network") || lower.contains("cni");
    let (reason, help) = match row {
        Some(row) => (row.reason, row.help),
        None if is_of_network => {
            (BreakReason::CniFailed, "the CNI plugin's message says what it lacks; its log is on the node")
        }
        None => (
            BreakReason::OtherTrouble,
            "this has nothing to do with its VFs: look at the node's container runtime",
        ),
    };
    let named = network_in(warning.message);
    let full = named.and_then(|name| asked.iter().find(|one| one.network.name.as_str() == name));
    let network = full
        .map(|one| one.network.to_string())
        .or(named.map(str::to_owned))
        .unwrap_or_else(|| about.to_owned());
    let said = cut(telling(warning.message));
    let found = if said.is_empty() { format!("{SANDBOX}, without a message") } else { said };
    PodLink::broken(PodLinkKind::Attachment, network, reason, found).with_help(help)
}

/// Returns the network that multus names in a message, as in `error adding container to network "a"`.
fn network_in(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("to network \"").or_else(|| message.split_once("to network \\\""))?;
    let end = rest.find(['"', '\\'])?;
    rest.get(..end).filter(|name| !name.is_empty())
}

/// Returns a message without what every such message begins with.
fn telling(message: &str) -> &str {
    for mark in ["error adding container to network", "plugin type=\"multus", "desc = "] {
        if let Some(start) = message.find(mark) {
            let start = if mark == "desc = " { start + mark.len() } else { start };
            return message.get(start..).unwrap_or(message);
        }
    }
    message
}

/// Returns as much of a text as is shown, in one line.
fn cut(text: &str) -> String {
    let line = one_line(text);
    let mut shown: String = line.chars().take(SHOWN).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_plugins_are_told_apart() {
        let multus = |text: &str| {
            format!(
                "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"0f\": plugin \
                 type=\"multus\" name=\"multus-cni-network\" failed (add): [default/a/1:tenant-a]: error adding container to network \
                 \"tenant-a\": {text}"
            )
        };
        for (text, reason) in [
            (
                "failed to allocate for range 0: no IP addresses available in range set: 10.56.0.11-10.56.0.11",
                BreakReason::IpamRefused,
            ),
            (
                "error at storage engine: Could not allocate IP in range: ip: 10.58.0.11 / - 10.58.0.12 / range: 10.58.0.0/24",
                BreakReason::IpamRefused,
            ),
            ("failed to find plugin \"whereabouts\" in path [/opt/cni/bin]", BreakReason::CniFailed),
            (
                "SRIOV-CNI failed to load netconf: LoadConf(): VF pci addr is required",
                BreakReason::ResourceNotRequested,
            ),
            ("something new", BreakReason::CniFailed),
        ] {
            let message = multus(text);
            let link = of_sandbox("networks", &[], &Warning { reason: SANDBOX, message: &message });
            assert_eq!((link.reason, link.about.as_str()), (Some(reason), "tenant-a"), "{text}");
            assert!(link.found.ends_with(text) && !link.found.contains("rpc error"), "{}", link.found);
        }
    }

    #[test]
    fn words_are_in_lower_case_since_messages_are_compared_so() {
        for row in ROWS {
            assert_eq!(row.words, row.words.to_lowercase());
        }
    }
}
