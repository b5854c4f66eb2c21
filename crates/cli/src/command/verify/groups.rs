//! Which networks a pod is started for.

use vfctl_kinds::network::NetworkSpec;

use super::error::VerifyError;

/// Returns the networks of each pod: those that are named, or each of the specs' by itself.
pub(super) fn groups<'a>(
    named: &[String],
    networks: &[&'a NetworkSpec],
) -> Result<Vec<Vec<&'a NetworkSpec>>, VerifyError> {
    if networks.is_empty() {
        return Err(VerifyError::NoNetworks);
    }
    if named.is_empty() {
        return Ok(networks.iter().map(|network| vec![*network]).collect());
    }
    named.iter().map(|group| group.split(',').map(|name| find(name, networks)).collect()).collect()
}

fn find<'a>(name: &str, networks: &[&'a NetworkSpec]) -> Result<&'a NetworkSpec, VerifyError> {
    networks.iter().find(|network| network.name.as_str() == name).copied().ok_or_else(|| {
        let known = networks.iter().map(|network| network.name.as_str()).collect::<Vec<_>>().join(", ");
        VerifyError::NoSuchNetwork { name: name.to_owned(), known }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comma_makes_one_pod_and_a_blank_two() {
        let network = |name: &str| -> NetworkSpec {
            serde_json::from_value(serde_json::json!({"name": name, "resource": "x.y/z"})).expect("a network")
        };
        let (a, b) = (network("a"), network("b"));
        let all = [&a, &b];
        let sizes = |named: &[&str]| {
            let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
            groups(&named, &all).map(|groups| groups.iter().map(Vec::len).collect::<Vec<_>>())
        };
        assert_eq!(sizes(&[]).expect("groups"), [1, 1]);
        assert_eq!(sizes(&["b,a"]).expect("groups"), [2]);
        assert_eq!(sizes(&["b"]).expect("groups"), [1]);
        assert!(sizes(&["c"]).expect_err("none").to_string().contains("the specs have a, b"));
        assert!(groups(&[], &[]).is_err());
    }
}
