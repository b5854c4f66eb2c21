//! What help says below the options: examples and exit codes of each command.

/// Of vfctl as a whole.
pub(crate) const VFCTL: &str = "\
Examples:
  vfctl discover                          Show which ports can have VFs
  vfctl discover -o spec > sriov.yaml     Begin with a spec of the host as it is
  vfctl init ens1f0np0 --out sriov.yaml   Begin with a spec for one port
  vfctl plan sriov.yaml                   Show what would change
  vfctl apply sriov.yaml                  Make the changes, after confirmation

Exit codes:
  0    Success: there is nothing to do, or all is done and verified
  1    Error: nothing was done, or only a part
  2    plan: there are changes
  4    plan, apply: the only differences are on VFs that others hold
  5    plan --fail-on disruption: apply needs --allow-disruption
  130  apply: interrupted

Environment:
  VFCTL_STATE_DIR  The same as --state-dir
  VFCTL_SPEC_DIR   Where specs are read from if none is named [default: /etc/vfctl]
  VFCTL_LOG        What to log on standard error: error, warn (default), info, debug, trace
  NO_COLOR         Print no colors; CLICOLOR_FORCE=1 prints them also without a terminal";

/// Of `discover`.
pub(crate) const DISCOVER: &str = "\
Examples:
  vfctl discover                          Show this host's ports and VFs
  vfctl discover -o spec > sriov.yaml     Write this host as a spec, whose plan is empty
  vfctl discover ens1f0np0 0000:17:00.1   Show two ports
  vfctl discover ice -o wide              Show the ports of a driver, with more columns
  vfctl get -o json                       Print all facts as JSON
  vfctl discover --facts host.json        Show another host, by what `vfctl record` wrote there
  vfctl discover -o html > host.html      Write a page with pictures of ports, VFs and pools
  vfctl discover -o svg > host.svg        Write the pictures alone

Exit codes:
  0    Success
  1    The host or the facts cannot be read, or there is no such port";

/// Of `init`.
pub(crate) const INIT: &str = "\
What is not asked for is in comments: remove the `#` of a line to use it.

Examples:
  vfctl init ens1f0np0                    Print a spec for a port
  vfctl init 0000:17:00.0 --count 8 --driver vfio-pci --out sriov.yaml  Write one for DPDK
  vfctl init ens1f0np0 --vlan 100 --mac 02:00:17:00:00:01  Set a VLAN and MAC addresses

Exit codes:
  0    Success
  1    There is no such port, it cannot have what is asked for, or the file exists";

/// Of `validate`.
pub(crate) const VALIDATE: &str = "\
Besides specs, it checks NetworkAttachmentDefinitions, CNI configurations for sriov-cni, and
configurations of sriov-network-device-plugin and k8s-rdma-shared-dev-plugin: files in JSON, and
ConfigMaps that hold them. Warnings do not fail.

Examples:
  vfctl validate sriov.yaml               Check a spec
  vfctl validate specs/ -o json           Print every mistake with file, line and column
  vfctl validate specs/ -o github         Annotate a change on GitHub
  vfctl validate specs/ -o junit > validate.xml  Write a report that GitLab shows in a merge request
  vfctl validate specs/ -o sarif > validate.sarif  Write a log for code scanning
  vfctl validate config.json --plugin-version v3.5.1  Check a device plugin's configuration

Exit codes:
  0    The documents are valid
  1    The documents have mistakes, or cannot be read";

/// Of `plan`.
pub(crate) const PLAN: &str = "\
A line begins with + where something is created, ~ where it is changed, - where it is removed, and
! where apply needs --allow-disruption.

Examples:
  vfctl plan sriov.yaml                   Show what apply would change on this host
  vfctl plan -f sriov.yaml                The same, as kubectl names files
  vfctl diff                              Plan for the specs in /etc/vfctl
  vfctl plan sriov.yaml -v                Add the command for each change
  vfctl plan sriov.yaml -q                Print nothing but errors, as in a check for drift
  vfctl plan sriov.yaml --out plan.json   Write the plan to a file that apply takes
  vfctl plan sriov.yaml --facts hosts/    Plan for other hosts, by what `vfctl record` wrote there
  vfctl plan sriov.yaml --facts hosts/ --limit worker-1,edge-*  Plan for some of them
  vfctl plan sriov.yaml --facts hosts/ -o markdown  Print a comment for a merge request
  vfctl plan sriov.yaml -o html > plan.html  Write a page with pictures of ports, VFs and pools

Exit codes:
  0    There is nothing to do
  1    An error blocks the plan, the specs have mistakes, or something cannot be read
  2    There are changes
  4    The only differences are on VFs that others hold; 0 with --ignore-held
  5    With --fail-on disruption: there are changes, and apply needs --allow-disruption";

/// Of `show`.
pub(crate) const SHOW: &str = "\
Examples:
  vfctl show plan.json                    Show a plan that `vfctl plan --out plan.json` wrote
  vfctl show plan.json -v                 Add the command for each change

Exit codes:
  0    Success
  1    The file cannot be read, or is not a plan";

/// Of `apply`.
pub(crate) const APPLY: &str = "\
Examples:
  vfctl apply sriov.yaml                  Show the plan, ask, and make the changes
  vfctl apply sriov.yaml --yes            Do not ask, as in scripts and at boot
  vfctl apply sriov.yaml --yes --wait=30s  Wait for another vfctl to end, half a minute at most
  vfctl apply --yes                       Apply the specs in /etc/vfctl
  vfctl apply sriov.yaml --dry-run        Show the plan, and whether apply would be refused
  vfctl apply plan.json                   Make the changes of a plan that was reviewed

Exit codes:
  0    The host is as the specs say, and was read again to prove it; of a dry run: apply would begin
  1    Refused, failed, or not converged; the report says why
  4    Done, but VFs that others hold differ; 0 with --ignore-held
  130  Interrupted; the report says what was done";

/// Of `explain`.
pub(crate) const EXPLAIN: &str = "\
Examples:
  vfctl explain pf/fast sriov.yaml            Explain all of the entry called `fast`
  vfctl explain pf/fast/vf/3/vlan sriov.yaml  Explain the VLAN of its VF 3
  vfctl explain pod default/web-0             Explain why a pod does not get its VF
  vfctl explain pod/default/web-0 sriov.yaml --facts cluster.json  Explain it elsewhere

A pod is followed link by link to its VF: annotation, network, resource, pool, node, CNI plugins. A
line begins with + where a link holds, ! where it is broken, and ? where the facts do not tell.

Exit codes:
  0    Success; of a pod: it runs with its VF
  1    There is nothing at the address, the specs have mistakes, or something cannot be read;
       of a pod: a link is broken, or could not be looked at";

/// Of `pod`.
pub(crate) const POD: &str = "\
Merge what is printed into the pod's manifest, and give the container its own name. Each network
takes one VF of its resource. A network with `defaultNetwork` takes the place of the cluster's own.

Examples:
  vfctl pod -f sriov.yaml             Print it for all networks of the spec
  vfctl pod -f sriov.yaml tenant-a    Print it for one of them

Exit codes:
  0    Success
  1    No pod can have these networks, or the specs have mistakes or cannot be read";

/// Of `verify`.
pub(crate) const VERIFY: &str = "\
Without --pod and --traffic it only looks, as plan does. With --pod it starts pods, which take one
VF each, and removes them. A VF's VLAN, trust, spoof check, link state and driver show on its node
alone: run it there, else these are reported as not compared. --traffic gives pods the right
NET_ADMIN for a test address of 198.18.0.0/15; without --pod it moves VFs that nobody uses into
network namespaces of its own, and gives them back.

Examples:
  vfctl verify -f sriov.yaml                                   Compare this host with the spec
  vfctl verify -f sriov.yaml --pod --image busybox             Start a pod of each network
  vfctl verify -f sriov.yaml --pod a,b --image busybox         Start one pod with both networks
  vfctl verify -f sriov.yaml --pod --traffic --image busybox   Also send packets between pods
  vfctl verify -f sriov.yaml --traffic                         Send packets between free VFs

Exit codes:
  0    Everything was compared and is as the spec says
  1    Something is not, could not be compared, or could not be removed
  130  Interrupted; what was started is removed";

/// Of `rbac`.
pub(crate) const RBAC: &str = "\
Roles tell neither nodes nor the keys of a ConfigMap apart: by its role alone, who has the token of
one node could relabel every node and rewrite what device plugins offer on each. The policy
allows a token that is bound to a node no more than that node's own label, annotation and key.
Such a token is made by `kubectl create token vfctl-node --bound-object-kind Node
--bound-object-name NODE`, or by running vfctl in a pod of the node.

Examples:
  vfctl rbac | kubectl apply -f -        Create accounts for all parts
  vfctl rbac read                        Print what is needed to plan
  vfctl rbac read verify -n tests        Print what verify --pod needs in a namespace

Whoever creates pods in a namespace can run them as any of its accounts. `verify` therefore needs
a namespace, and is refused in kube-system, where some accounts are cluster administrators.

Exit codes:
  0    Success
  1    `verify` has no namespace or kube-system, or the output cannot be written";

/// Of `pools`.
pub(crate) const POOLS: &str = "\
A line begins with + where a pool takes a device, - where it leaves it out, and ? where the facts
do not tell. Pools claim devices in the order in which they are shown. With a spec the VFs are
those that apply will make; with a config.json the devices are those of now. For shared RDMA
devices the config.json of k8s-rdma-shared-dev-plugin is printed.

Examples:
  vfctl pools sriov.yaml                  Show the pools of a spec on this host
  vfctl pools sriov.yaml --facts hosts/   Show them on other hosts, by what `vfctl record` wrote
  vfctl pools config.json --plugin-version v3.5.1  Show what that release makes of it
  vfctl pools config.json -o json         Print the PCI addresses of each resource

Exit codes:
  0    Success
  1    The plugin would not start or drop a pool, the input has mistakes or cannot be read";

/// Of `record`.
pub(crate) const RECORD: &str = "\
Examples:
  vfctl record --out host.json                     Write the facts of this host to a file
  ssh host vfctl record | vfctl plan a.yaml --facts -  Plan for another host

Exit codes:
  0    Success
  1    The host cannot be read, or the file cannot be written";

/// Of `schema`.
pub(crate) const SCHEMA: &str = "\
Examples:
  vfctl schema spec > spec.schema.json    Write the schema of specs, for an editor

Exit codes:
  0    Success";

/// Of `completions`.
pub(crate) const COMPLETIONS: &str = "\
Examples:
  vfctl completions bash > /etc/bash_completion.d/vfctl  Complete in bash, for all users
  vfctl completions zsh > _vfctl          Complete in zsh; put the file into a folder of $fpath
  vfctl completions fish > ~/.config/fish/completions/vfctl.fish  Complete in fish

Exit codes:
  0    Success";

/// Of `version`.
pub(crate) const VERSION: &str = "\
Examples:
  vfctl version                           Print the version, as `vfctl --version` does

Exit codes:
  0    Success";

/// Of `man`.
pub(crate) const MAN: &str = "\
Examples:
  vfctl man | man -l -                    Read the page of vfctl
  vfctl man /usr/local/share/man/man1     Write a page for each command

Exit codes:
  0    Success
  1    A page cannot be written";

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use crate::Cli;

    /// Returns the commands of vfctl that a help text shows, with what a shell leaves of each.
    fn examples(text: &str) -> Vec<Vec<&str>> {
        let lines = text.lines().map(|line| {
            let line = line.trim_start();
            line.split_once("  ").map_or(line, |(command, _)| command)
        });
        let commands = lines.flat_map(|line| line.split(" | ")).filter_map(|command| {
            let words = command.split(' ').skip_while(|word| *word != "vfctl");
            let words: Vec<&str> = words.take_while(|word| *word != ">").collect();
            (!words.is_empty()).then_some(words)
        });
        commands.collect()
    }

    #[test]
    fn help_of_each_command_has_examples_that_are_taken_and_exit_codes() {
        let mut command = Cli::command();
        let mut texts = vec![("vfctl".to_owned(), command.render_long_help().to_string())];
        for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
            texts.push((sub.get_name().to_owned(), sub.render_long_help().to_string()));
        }
        for (name, help) in texts {
            assert!(help.contains("\nExit codes:\n  0    "), "{name}: {help}");
            let (_, shown) = help.split_once("\nExamples:\n").expect("examples");
            let (shown, _) = shown.split_once("\n\n").expect("exit codes");
            let examples = examples(shown);
            assert!(examples.len() >= shown.lines().count(), "an example without vfctl: {name}: {help}");
            for words in examples {
                assert!(Cli::try_parse_from(&words).is_ok(), "{name}: {words:?}");
            }
            assert!(help.lines().all(|line| line.chars().count() <= 100), "{name}: {help}");
        }
    }
}
