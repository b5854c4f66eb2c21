//! How a cluster is found: a kubeconfig that is named, one from the environment, or the pod that the program runs in.

use std::fmt;
use std::path::{Path, PathBuf};

use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

use crate::error::{AccessError, Said};

/// The variable that lists kubeconfigs.
const VARIABLE: &str = "KUBECONFIG";
/// The variable that is set in every pod.
const IN_POD: &str = "KUBERNETES_SERVICE_HOST";
/// The file that a pod's credentials are in.
const POD_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// How the cluster is to be found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// The kubeconfig. Without one: those of `$KUBECONFIG`, then `~/.kube/config`, then the pod's own.
    pub kubeconfig: Option<PathBuf>,
    /// The context in it. Without one: its current context.
    pub context: Option<String>,
}

/// What names a cluster.
#[derive(Debug)]
pub(crate) enum ClusterSource {
    /// A kubeconfig, or several taken together.
    File {
        /// The files, for people.
        file: String,
        /// What they say.
        content: Box<Kubeconfig>,
        /// The context.
        context: String,
    },
    /// The pod that the program runs in.
    Pod,
}

impl Access {
    /// Returns whether anything names a cluster. What it says is not looked at.
    pub fn is_configured(&self) -> bool {
        let Self { kubeconfig, context } = self;
        let is_named = kubeconfig.is_some() || context.is_some() || listed().is_some();
        is_named || home_file().is_some_and(|file| file.exists()) || is_in_pod()
    }

    /// Returns what names the cluster; `None` where nothing does.
    pub(crate) fn source(&self) -> Result<Option<ClusterSource>, AccessError> {
        let Self { kubeconfig, context } = self;
        let (file, content, is_asked_for) = if let Some(file) = kubeconfig {
            (file.display().to_string(), read(file)?, true)
        } else if let Some(list) = listed() {
            let content = Kubeconfig::from_env().map_err(|error| unreadable(&list, &error))?;
            (list, content.unwrap_or_default(), true)
        } else if let Some(file) = home_file().filter(|file| file.exists()) {
            (file.display().to_string(), read(&file)?, context.is_some())
        } else if let (Some(name), Some(file)) = (context, home_file()) {
            return Err(no_such_context(name, file.display().to_string(), &Kubeconfig::default()));
        } else {
            return Ok(is_in_pod().then_some(ClusterSource::Pod));
        };
        match context.clone().or_else(|| content.current_context.clone()).filter(|name| !name.is_empty()) {
            Some(name) if content.contexts.iter().any(|known| known.name == name) => {
                Ok(Some(ClusterSource::File { file, content: Box::new(content), context: name }))
            }
            Some(name) => Err(no_such_context(&name, file, &content)),
            None if is_asked_for => Err(AccessError::NoContext(file)),
            // A file that every user has says nothing here.
            None => Ok(is_in_pod().then_some(ClusterSource::Pod)),
        }
    }
}

impl ClusterSource {
    /// Returns what a client needs to know.
    pub(crate) async fn config(self) -> Result<Config, AccessError> {
        let origin = self.to_string();
        let unusable = |cause| AccessError::Unusable { origin: origin.clone(), cause };
        match self {
            Self::Pod => Config::incluster().map_err(|error| unusable(Said::by(&error))),
            Self::File { content, context, .. } => {
                let names_proxy = has_proxy(&content, &context);
                let options = KubeConfigOptions { context: Some(context), ..KubeConfigOptions::default() };
                let config = Config::from_custom_kubeconfig(*content, &options).await;
                let mut config = config.map_err(|error| unusable(Said::by(&error)))?;
                // Only the kubeconfig says what is connected to, and not the environment.
                if !names_proxy {
                    config.proxy_url = None;
                }
                Ok(config)
            }
        }
    }
}

/// Writes where a cluster is named, for people.
impl fmt::Display for ClusterSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, content: _, context } => write!(f, "context {context} of {file}"),
            Self::Pod => f.write_str("the pod's own service account"),
        }
    }
}

/// Returns whether a context's cluster is reached through a proxy.
fn has_proxy(content: &Kubeconfig, context: &str) -> bool {
    let context = content.contexts.iter().find(|known| known.name == context);
    let cluster = context.and_then(|known| known.context.as_ref()).map(|context| &context.cluster);
    let found = content.clusters.iter().find(|known| Some(&known.name) == cluster);
    let url = found.and_then(|known| known.cluster.as_ref()?.proxy_url.as_ref());
    url.is_some_and(|url| !url.is_empty())
}

fn read(file: &Path) -> Result<Kubeconfig, AccessError> {
    Kubeconfig::read_from(file).map_err(|error| unreadable(&file.display().to_string(), &error))
}

fn unreadable(file: &str, error: &KubeconfigError) -> AccessError {
    let cause = match error {
        // Its own text names the file again.
        KubeconfigError::ReadConfig(error, _) => Said::by(error),
        error => Said::by(error),
    };
    AccessError::Unreadable { file: file.to_owned(), cause }
}

fn no_such_context(name: &str, file: String, content: &Kubeconfig) -> AccessError {
    let names: Vec<&str> = content.contexts.iter().map(|known| known.name.as_str()).collect();
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    AccessError::NoSuchContext { name: name.to_owned(), file, known }
}

/// Returns the list of kubeconfigs in the environment.
fn listed() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|list| !list.is_empty())
}

fn home_file() -> Option<PathBuf> {
    std::env::home_dir().map(|home| home.join(".kube").join("config"))
}

fn is_in_pod() -> bool {
    std::env::var_os(IN_POD).is_some() && Path::new(POD_TOKEN).exists()
}
