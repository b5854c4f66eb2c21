//! `vfctl pod`: what a pod has to say to be given VFs of networks.

use vfctl_kinds::network::{NetworkSpec, PodStanza};

use crate::args::{DocumentFormat, PodArgs, SpecPaths};
use crate::error::CliError;
use crate::exit::Exit;
use crate::input::specs;
use crate::machine::Console;
use crate::mistakes::valid;
use crate::output::print_json;
use crate::spec_folder::or_folder;
use crate::yaml;

/// Runs the command.
pub(super) fn run(args: &PodArgs, console: &mut Console<'_>) -> Result<Exit, CliError> {
    let as_json = args.output == DocumentFormat::Json;
    let files = SpecPaths { specs: or_folder(args.file.clone())?, host_values: Vec::new() };
    let Some((set, _)) = valid(specs(&files, &[])?, as_json, console)? else { return Ok(Exit::Failed) };
    let networks = || set.documents.iter().flat_map(|document| &document.config.spec.networks);
    let chosen: Vec<&NetworkSpec> = match args.networks[..] {
        [] => networks().collect(),
        _ => args.networks.iter().map(|name| find(name, networks())).collect::<Result<_, _>>()?,
    };
    if chosen.is_empty() {
        return Err(CliError::NoNetworks);
    }
    let stanza = PodStanza::of(&chosen, args.namespace.as_ref()).map_err(CliError::Stanza)?;
    match args.output {
        DocumentFormat::Yaml => console.out.write_all(yaml::text(&stanza)?.as_bytes())?,
        DocumentFormat::Json => print_json(console, &stanza)?,
    }
    Ok(Exit::Done)
}

/// Returns the network of this name.
fn find<'a>(
    name: &str,
    networks: impl Iterator<Item = &'a NetworkSpec> + Clone,
) -> Result<&'a NetworkSpec, CliError> {
    let found = networks.clone().find(|network| network.name.as_str() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = networks.map(|network| network.name.as_str()).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        CliError::NoSuchNetwork { name: name.to_owned(), known }
    })
}
