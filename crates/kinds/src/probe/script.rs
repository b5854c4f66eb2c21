//! The shell script of a probe. It needs a shell and `ip`, and `ping` where it is to reach somebody.
//!
//! It writes to the container's termination message, which the kubelet puts into the pod's status: neither `exec` nor logs are
//! needed. It has 4096 bytes (pkg/kubelet/types/constants.go), so a line says no more than is read; of more the kubelet keeps the end,
//! which the first line, `begin`, shows.

use std::fmt::Write;

/// The addresses by which pods of one verification reach one another, whatever IPAM does: of 198.18.0.0/15, which is kept for
/// measuring between networks (RFC 2544).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestNetwork {
    /// The second and third byte: 18 or 19, and any.
    subnet: (u8, u8),
}

impl TestNetwork {
    /// Returns one of the 512 networks, by a number of whoever asks.
    pub fn of(number: u32) -> Self {
        let [.., high, low] = number.to_be_bytes();
        Self { subnet: (18 + high % 2, low) }
    }

    /// Returns an address.
    pub fn address(&self, host: u8) -> String {
        let (second, third) = self.subnet;
        format!("198.{second}.{third}.{host}")
    }
}

/// What a probe does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// The interfaces that it looks at.
    pub interfaces: Vec<String>,
    /// The interface that it adds a test address to, and the address.
    pub test: Option<(String, String)>,
    /// Whom it then tries to reach over that interface: a name for the attempt, and an address.
    pub targets: Vec<(String, String)>,
    /// How often it tries until the first reply, a second each, before it measures.
    pub tries: u32,
}

impl Script {
    /// Returns the script's text.
    pub fn text(&self) -> String {
        let Self { interfaces, test, targets, tries } = self;
        let mut text = String::from("say() { echo \"$@\" >>/dev/termination-log; }\n");
        text.push_str("say begin\n");
        // A link comes up a moment after the interface does.
        let patient = if test.is_some() { 10 } else { 3 };
        let _ = writeln!(
            text,
            "for d in {}; do\n\
             p=/sys/class/net/$d\n\
             if [ ! -d $p ]; then say link $d absent; continue; fi\n\
             i=0; c=0\n\
             while [ $i -lt {patient} ]; do read c 2>/dev/null <$p/carrier; [ \"$c\" = 1 ] && break; sleep 1; i=$((i+1)); done\n\
             read m <$p/address; read t <$p/mtu; read f <$p/flags\n\
             say link $d $m $t $f ${{c:-0}}\n\
             done\n\
             ip -o addr show | while read -r n d f a rest; do case $d in lo) ;; *) say addr $d $f $a ;; esac; done",
            interfaces.join(" ")
        );
        if let Some((interface, address)) = test {
            let _ = writeln!(
                text,
                "ip addr add {address}/24 dev {interface} || say trouble the test address could not be added\n\
                 command -v ping >/dev/null || say trouble the image has no ping\n\
                 reach() {{\n\
                 i=0\n\
                 while [ $i -lt {tries} ]; do ping -c 1 -W 1 -I {interface} $2 >/dev/null 2>&1 && break; i=$((i+1)); done\n\
                 ping -c 3 -W 2 -I {interface} $2 2>&1 | while read -r l; do\n\
                 case $l in *transmitted*|*min/avg*) say ping $1 $l ;; esac\n\
                 done\n\
                 }}"
            );
            for (name, address) in targets {
                let _ = writeln!(text, "reach {name} {address}");
            }
        }
        text.push_str("say end\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_adds_an_address_only_where_it_is_to_reach_somebody() {
        let look = Script { interfaces: vec!["net1".to_owned(), "net2".to_owned()], ..Script::default() };
        let text = look.text();
        assert!(text.contains("for d in net1 net2; do") && !text.contains("ip addr add"), "{text}");
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("say ")).collect();
        assert_eq!(lines[..2], ["say begin", "say link $d $m $t $f ${c:-0}"]);
        let test = TestNetwork::of(7);
        let reach = Script {
            test: Some(("net1".to_owned(), test.address(2))),
            targets: vec![("test".to_owned(), test.address(1))],
            ..look
        };
        let text = reach.text();
        assert!(text.contains("ip addr add 198.18.7.2/24 dev net1"), "{text}");
        assert!(text.contains("reach test 198.18.7.1\n"), "{text}");
        assert_eq!(TestNetwork::of(256 + 9).address(1), "198.19.9.1");
    }
}
