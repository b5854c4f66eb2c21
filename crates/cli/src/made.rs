//! By what a document is made, when and from which specs.

use vfctl_plan::{Made, SpecFile};
use vfctl_spec::Source;

/// Returns that this program makes a document now, from these specs.
pub(crate) fn made_now(specs: &[SpecFile]) -> Made {
    Made { vfctl: env!("CARGO_PKG_VERSION").to_owned(), time: time().to_string(), specs: specs.to_vec() }
}

/// Returns the time in whole seconds; the one that `SOURCE_DATE_EPOCH` says where the same input is to give the same
/// bytes (<https://reproducible-builds.org/specs/source-date-epoch>).
fn time() -> jiff::Timestamp {
    let chosen = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok());
    let seconds = chosen.unwrap_or_else(|| jiff::Timestamp::now().as_second());
    jiff::Timestamp::from_second(seconds).unwrap_or_default()
}

/// Returns the specs by name and hash.
pub(crate) fn spec_files(sources: &[Source]) -> Vec<SpecFile> {
    let hex = |hash: [u8; 32]| hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let file = |source: &Source| SpecFile {
        file: source.name.clone(),
        sha256: hex(hmac_sha256::Hash::hash(source.text.as_bytes())),
    };
    sources.iter().map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_that_of_sha256sum() {
        let sources = [Source { name: "a.yaml".to_owned(), text: "abc".to_owned() }];
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
        assert_eq!(spec_files(&sources), [SpecFile { file: "a.yaml".to_owned(), sha256 }]);
    }
}
