//! `vfctl rbac`: what accounts need to be allowed to do in a cluster.

use serde::Serialize;
use vfctl_kinds::rights::{RightsManifest, RightsPart, manifests};
use vfctl_model::NamespaceName;

use crate::args::{DocumentFormat, RbacArgs, RbacPart};
use crate::error::CliError;
use crate::exit::Exit;
use crate::machine::Console;
use crate::output::print_json;
use crate::yaml;

/// Several objects as one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<RightsManifest>,
}

/// Runs the command.
pub(super) fn run(args: &RbacArgs, console: &mut Console<'_>) -> Result<Exit, CliError> {
    let chosen = if args.parts.is_empty() { &RbacPart::ALL[..] } else { &args.parts };
    let mut parts: Vec<RightsPart> = chosen.iter().map(|part| RightsPart::from(*part)).collect();
    parts.sort();
    parts.dedup();
    let namespace = namespace_of(&parts, args.namespace.as_ref())?;
    let items = manifests(&parts, &namespace);
    match args.output {
        DocumentFormat::Json => print_json(console, &List { api_version: "v1", kind: "List", items })?,
        DocumentFormat::Yaml => {
            for (position, item) in items.iter().enumerate() {
                let separator = if position == 0 { "" } else { "---\n" };
                console.out.write_all(format!("{separator}{}", yaml::text(item)?).as_bytes())?;
            }
        }
    }
    Ok(Exit::Done)
}

/// Returns the namespace of the accounts.
///
/// # Errors
/// Where pods that the account of `verify` creates could run as an account that may do more: Kubernetes lets whoever creates a pod
/// choose among the accounts of its namespace (`serviceAccountName`).
fn namespace_of(parts: &[RightsPart], named: Option<&NamespaceName>) -> Result<NamespaceName, CliError> {
    let system = NamespaceName::kube_system();
    match named {
        None if parts.contains(&RightsPart::Verify) => Err(CliError::VerifyWithoutNamespace),
        Some(name) if parts.contains(&RightsPart::Verify) && *name == system => {
            Err(CliError::VerifyInSystemNamespace { namespace: system })
        }
        named => Ok(named.cloned().unwrap_or(system)),
    }
}
