//! What `ping` says in the end: how much was lost, and how long it took. Those of busybox and of iputils differ.

/// The figures of one `ping`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ping {
    /// How many packets were sent.
    pub sent: u32,
    /// How many came back.
    pub received: u32,
    /// The mean time there and back in milliseconds, as `ping` writes it; `None` where nothing came back.
    pub mean_ms: Option<String>,
}

impl Ping {
    /// Takes in a line: `3 packets transmitted, 3 packets received, 0% packet loss`, and `round-trip min/avg/max = 0.1/0.2/0.3 ms`
    /// or `rtt min/avg/max/mdev = 0.1/0.2/0.3/0.0 ms`. Others say nothing.
    pub fn take(&mut self, line: &str) {
        if line.contains("transmitted") {
            let count = |part: &str| part.split_whitespace().next()?.parse().ok();
            let mut parts = line.split(',');
            self.sent = parts.next().and_then(count).unwrap_or_default();
            self.received = parts.next().and_then(count).unwrap_or_default();
        } else if let Some((_, times)) =
            line.split_once("min/avg/max").and_then(|(_, rest)| rest.split_once("= "))
        {
            self.mean_ms = times.split('/').nth(1).map(str::to_owned);
        }
    }

    /// Returns the figures in words.
    pub fn figures(&self) -> String {
        let Self { sent, received, mean_ms } = self;
        let lost = sent.saturating_sub(*received);
        let time = mean_ms.as_ref().map_or_else(String::new, |ms| format!(", {ms} ms on average"));
        format!("{received} of {sent} replies, {lost} lost{time}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busybox_and_iputils_are_understood() {
        for (lines, figures) in [
            (
                [
                    "3 packets transmitted, 3 packets received, 0% packet loss",
                    "round-trip min/avg/max = 0.412/0.700/1.2 ms",
                ],
                "3 of 3 replies, 0 lost, 0.700 ms on average",
            ),
            (
                [
                    "3 packets transmitted, 2 received, 33.3333% packet loss, time 2003ms",
                    "rtt min/avg/max/mdev = 0.412/0.512/1.2/0.1 ms",
                ],
                "2 of 3 replies, 1 lost, 0.512 ms on average",
            ),
            (
                ["3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2003ms", ""],
                "0 of 3 replies, 3 lost",
            ),
        ] {
            let mut ping = Ping::default();
            lines.iter().for_each(|line| ping.take(line));
            assert_eq!(ping.figures(), figures);
        }
    }
}
