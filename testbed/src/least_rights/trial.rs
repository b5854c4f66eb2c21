//! The loop: a right is taken away, everything that vfctl does is done, and the right is put back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::printed::{PrintedRight, members, names, printed, text, without};
use crate::cluster::kubelet::PlayedKubelet;
use crate::cluster::process::run_within;
use crate::cluster::{Cluster, ClusterError, Kubectl};
use crate::guest::Output;

/// The simulated host, which is a node.
const NODE: &str = "lab";
const RESOURCE: &str = "example.com/net";
/// The namespace that the networks are in.
const NAMESPACE: &str = "vfctl-testbed";
/// How long one command may take.
const LIMIT: Duration = Duration::from_secs(240);
/// How long the API server may take to follow a change of a role.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(20);
/// How often definitions that do not go are changed.
const NUDGED_EVERY: Duration = Duration::from_secs(5);

const SPEC: &str = r#"apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: node}
spec:
  components:
    multus: {version: v4.2.4, managed: {image: "localhost/multus-cni:v4.2.4"}}
    whereabouts: {version: v0.9.2, managed: {image: "localhost/whereabouts:v0.9.2"}}
    devicePlugin: {version: v3.5.1, managed: {image: "localhost/sriov-device-plugin:v3.5.1"}}
  physicalFunctions:
    - {name: first, match: {interface: PF}, vfs: {count: 2, all: {driver: igbvf}}}
  pools:
    - {resource: example.com/net, from: [{physicalFunction: first}]}
  networks:
    - {name: tenant-a, namespaces: [vfctl-testbed], resource: example.com/net, cniVersion: 0.3.1}
"#;

const NOTHING: &str = r#"apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: node}
spec:
  physicalFunctions:
    - {name: first, match: {interface: PF}}
"#;

/// A definition that vfctl reads and most clusters do not have.
const DEFINITION: &str = r#"apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: sriovnetworknodepolicies.sriovnetwork.openshift.io}
spec:
  group: sriovnetwork.openshift.io
  scope: Namespaced
  names: {plural: sriovnetworknodepolicies, singular: sriovnetworknodepolicy, kind: SriovNetworkNodePolicy, listKind: SriovNetworkNodePolicyList}
  versions:
    - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
"#;

/// What each account does, in order: all that the printed roles are for.
const COMMANDS: [(&str, &str, &[i32]); 9] = [
    ("vfctl-read", "plan spec.yaml", &[2]),
    ("vfctl-shared", "apply spec.yaml --yes --only shared", &[0]),
    ("vfctl-node", "apply spec.yaml --yes --only host,node", &[0]),
    ("vfctl-read", "plan spec.yaml", &[0]),
    ("vfctl-read", "record --cluster", &[0]),
    ("vfctl-read", "plan nothing.yaml --prune", &[2]),
    ("vfctl-node", "apply nothing.yaml --yes --only host,node", &[0]),
    ("vfctl-shared", "apply nothing.yaml --prune --yes --only shared", &[0]),
    ("vfctl-read", "plan nothing.yaml --prune", &[0]),
];

/// What came of taking a right away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noticed {
    /// A command failed and named it.
    Named {
        /// The account and the command.
        by: String,
    },
    /// A command failed and did not name it.
    Unnamed {
        /// The account and the command.
        by: String,
        /// What it said.
        said: String,
    },
    /// Another rule grants the same.
    Granted,
    /// Every command did its work without it.
    Not,
}

/// The loop, at the API server of a cluster.
#[derive(Debug)]
pub struct LeastRights<'a> {
    kubectl: Kubectl,
    simulator: &'a Path,
    facts: PathBuf,
    scratch: tempfile::TempDir,
    list: Value,
    worlds: u32,
}

impl<'a> LeastRights<'a> {
    /// Makes accounts and roles as vfctl prints them; the simulated host begins with `facts`, and works on the PF of `interface`.
    ///
    /// # Errors
    ///
    /// When one cannot be made.
    pub fn begin(
        cluster: &Cluster,
        simulator: &'a Path,
        facts: PathBuf,
        interface: &str,
    ) -> Result<Self, ClusterError> {
        let kubectl = Kubectl::of(cluster);
        let scratch = tempfile::tempdir().map_err(unable("make a folder"))?;
        let mut own = Self { kubectl, simulator, facts, scratch, list: Value::Null, worlds: 0 };
        own.write("spec.yaml", &SPEC.replace("PF", interface))?;
        own.write("nothing.yaml", &NOTHING.replace("PF", interface))?;
        own.write("definition.yaml", DEFINITION)?;
        own.apply_file("definition.yaml")?;
        // Multus brings it, and takes it back.
        let networks = "network-attachment-definitions.k8s.cni.cncf.io";
        own.kubectl.run(&["delete", "customresourcedefinition", networks, "--ignore-not-found"])?;
        own.world()?;
        let printed = own.run(None, "rbac --output json")?;
        own.list = serde_json::from_str(&printed.stdout)
            .map_err(|error| ClusterError::Unable(format!("read what vfctl rbac prints: {error}")))?;
        own.write("rights.json", &own.list.to_string())?;
        own.apply_file("rights.json")?;
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {
            "name": NAMESPACE, "labels": {"testbed.vfctl.dev/scenario": "rights"}}});
        own.apply(&namespace)?;
        own.node()?;
        for account in
            members(&own.list, "items").iter().filter(|item| text(item, "/kind") == Some("ServiceAccount"))
        {
            own.kubeconfig(account)?;
        }
        Ok(own)
    }

    /// The rights that are printed.
    pub fn rights(&self) -> Vec<PrintedRight> {
        printed(&self.list)
    }

    /// Runs everything with all rights; returns what failed.
    ///
    /// # Errors
    ///
    /// When something cannot be run at all.
    pub fn baseline(&mut self) -> Result<Option<(String, String)>, ClusterError> {
        self.reset()?;
        self.all()
    }

    /// Takes a right away, runs everything, and puts it back.
    ///
    /// # Errors
    ///
    /// When something cannot be run at all.
    pub fn without(&mut self, right: &PrintedRight) -> Result<Noticed, ClusterError> {
        self.reset()?;
        self.replace(&without(&self.list, right))?;
        let is_gone = self.follows(right, false);
        let noticed = match is_gone {
            Ok(()) => match self.all()? {
                None => Noticed::Not,
                Some((by, said)) if names(&said, right) => {
                    // The words are in the transcript; which command said them is what counts.
                    Noticed::Named { by }
                }
                Some((by, said)) => Noticed::Unnamed { by, said },
            },
            Err(_) => Noticed::Granted,
        };
        self.replace(&right.in_list(&self.list))?;
        self.follows(right, true)?;
        Ok(noticed)
    }

    /// Runs every command, to the first that ends otherwise than it should; returns it with what it said.
    fn all(&mut self) -> Result<Option<(String, String)>, ClusterError> {
        self.world()?;
        let _kubelet = PlayedKubelet::of(self.kubectl.clone(), NODE.to_owned(), RESOURCE.to_owned(), 2);
        for (account, words, codes) in COMMANDS {
            let Output { code, stdout, stderr } = self.run(Some(account), words)?;
            if !code.is_some_and(|code| codes.contains(&code)) {
                let code = code.map_or("no end".to_owned(), |code| format!("exit {code}"));
                return Ok(Some((format!("{account}: vfctl {words}: {code}"), format!("{stdout}{stderr}"))));
            }
        }
        Ok(None)
    }

    /// A simulated host as it was recorded.
    fn world(&mut self) -> Result<(), ClusterError> {
        self.worlds += 1;
        let mut command = Command::new(self.simulator);
        command.arg("--world").arg(self.world_file()).arg("new").arg(&self.facts);
        run_within(&mut command, LIMIT, "vfctl-sim new").map(drop)
    }

    fn world_file(&self) -> PathBuf {
        self.scratch.path().join(format!("world-{}", self.worlds))
    }

    fn run(&self, account: Option<&str>, words: &str) -> Result<Output, ClusterError> {
        let mut command = Command::new(self.simulator);
        command.arg("--world").arg(self.world_file()).arg("vfctl").args(words.split(' '));
        if let Some(account) = account {
            command.arg("--kubeconfig").arg(self.scratch.path().join(format!("{account}.conf")));
        }
        command.current_dir(self.scratch.path()).env_remove("KUBECONFIG");
        let output = run_within(&mut command, LIMIT, &format!("vfctl {words}"))?;
        Ok(match output {
            None => Output { code: None, stdout: String::new(), stderr: String::new() },
            Some(output) => Output {
                code: output.status.code(),
                stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
                stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            },
        })
    }

    /// Takes back what the commands have written.
    fn reset(&self) -> Result<(), ClusterError> {
        // Accounts and roles that are printed have no document.
        for (label, kinds) in [
            ("app.kubernetes.io/managed-by=vfctl", "daemonsets,configmaps"),
            (
                "vfctl.dev/document",
                "serviceaccounts,clusterroles,clusterrolebindings,customresourcedefinitions",
            ),
        ] {
            self.kubectl.run(&["delete", kinds, "--all-namespaces", "--selector", label, "--wait=false"])?;
        }
        let labels = ["vfctl.dev/device-plugin-", "--overwrite"];
        self.kubectl.run(&[&["label", "node", NODE][..], &labels].concat())?;
        self.kubectl.run(&["annotate", "node", NODE, "vfctl.dev/documents-"])?;
        let _kubelet = PlayedKubelet::of(self.kubectl.clone(), NODE.to_owned(), RESOURCE.to_owned(), 2);
        let mut nudged = (Instant::now(), 0);
        self.kubectl.wait_for(
            "the end of what vfctl made",
            LIMIT,
            &["get", "pods,daemonsets,customresourcedefinitions", "--all-namespaces", "--output", "name"],
            || self.nudge_definitions(&mut nudged),
            |answer| {
                ["vfctl-", "whereabouts", "network-attachment"].iter().all(|word| !answer.contains(word))
            },
        )
    }

    /// Changes the definitions that are still there, every now and then: the API server that finds the storage of one "(re)initializing"
    /// when it is deleted right after it was made waits longer and longer before it tries again, for minutes, unless it changes.
    fn nudge_definitions(&self, (last, count): &mut (Instant, u32)) -> Result<(), ClusterError> {
        if last.elapsed() < NUDGED_EVERY {
            return Ok(());
        }
        (*last, *count) = (Instant::now(), *count + 1);
        let annotation = format!("testbed.vfctl.dev/nudged={count}");
        let words =
            ["annotate", "customresourcedefinitions", "--selector", "vfctl.dev/document", "--overwrite"];
        self.kubectl.run(&[&words[..], &[&annotation]].concat()).map(drop)
    }

    /// Waits until the API server allows a right, or does so no more. It is asked by an object: `kubectl auth can-i` asks for something
    /// else where the kind is not defined at the moment.
    fn follows(&self, right: &PrintedRight, is_wanted: bool) -> Result<(), ClusterError> {
        let PrintedRight { role, verb, resource, .. } = right;
        let config = self.scratch.path().join(format!("{role}.conf")).display().to_string();
        self.write("review.json", &right.review(&self.list).to_string())?;
        let review = self.scratch.path().join("review.json").display().to_string();
        let output = "--output=jsonpath={.status.allowed}";
        let words = ["--kubeconfig", &config, "create", "--validate=false", output, "--filename", &review];
        let started = Instant::now();
        while started.elapsed() < FOLLOWED_WITHIN {
            let output = run_within(&mut self.kubectl.command(&words), LIMIT, "kubectl create")?;
            let answered = output.filter(|output| output.status.success());
            // What is false is left out.
            if answered.is_some_and(|answer| (answer.stdout.trim_ascii() == b"true") == is_wanted) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(200));
        }
        let said = format!("whether {role} may {verb} {resource} is not {is_wanted}");
        Err(ClusterError::TooSlow { what: "a change of a role".to_owned(), limit: FOLLOWED_WITHIN, said })
    }

    fn node(&self) -> Result<(), ClusterError> {
        self.apply(&json!({"apiVersion": "v1", "kind": "Node", "metadata": {
            "name": NODE, "labels": {"testbed.vfctl.dev/scenario": "rights", "kubernetes.io/hostname": NODE}}}))
    }

    /// Writes the kubeconfig of an account; the account of nodes has a token of this node.
    fn kubeconfig(&self, account: &Value) -> Result<(), ClusterError> {
        let at = |path: &str| text(account, path).unwrap_or_default().to_owned();
        let (name, namespace) = (at("/metadata/name"), at("/metadata/namespace"));
        let mut words = vec!["create", "token", "--namespace", &namespace, &name, "--duration", "2h"];
        if name == "vfctl-node" {
            words.extend(["--bound-object-kind", "Node", "--bound-object-name", NODE]);
        }
        let token = self.kubectl.run(&words)?;
        let config = self.kubectl.run(&["config", "view", "--raw", "--minify", "--flatten"])?;
        let file = format!("{name}.conf");
        self.write(&file, &config)?;
        let path = self.scratch.path().join(&file).display().to_string();
        self.kubectl.run(&[
            "--kubeconfig",
            &path,
            "config",
            "set-credentials",
            "few",
            "--token",
            token.trim(),
        ])?;
        self.kubectl
            .run(&["--kubeconfig", &path, "config", "set-context", "--current", "--user", "few"])
            .map(drop)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), ClusterError> {
        fs::write(self.scratch.path().join(name), text).map_err(unable("write a file"))
    }

    fn apply_file(&self, name: &str) -> Result<(), ClusterError> {
        let path = self.scratch.path().join(name).display().to_string();
        self.kubectl.run(&["apply", "--filename", &path]).map(drop)
    }

    fn apply(&self, object: &Value) -> Result<(), ClusterError> {
        self.write("object.json", &object.to_string())?;
        self.apply_file("object.json")
    }

    fn replace(&self, object: &Value) -> Result<(), ClusterError> {
        self.write("object.json", &object.to_string())?;
        let path = self.scratch.path().join("object.json").display().to_string();
        self.kubectl.run(&["replace", "--filename", &path]).map(drop)
    }
}

fn unable(attempt: &'static str) -> impl FnOnce(std::io::Error) -> ClusterError {
    move |error| ClusterError::Unable(format!("{attempt}: {error}"))
}
