//! Requests to the API server: sent, awaited for a limited time, and tried again where that is of use.

use std::time::{Duration, SystemTime};

use http::Request;
use kube::client::{Body, ClientBuilder};
use kube::core::response::Status;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout};
use vfctl_model::ObjectKind;

use crate::clock::{TokenLife, cause_of_refusal};
use crate::error::{ApiError, Refusal, Said, one_line};
use crate::patience::Patience;

/// How long a connection may take to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How much of an answer that is no message of the API server is shown, in characters.
const SHOWN: usize = 200;

/// An API server that requests are sent to.
pub(crate) struct Client {
    service: kube::Client,
    server: String,
    /// When the token is valid by which requests are made.
    life: TokenLife,
}

/// A request that failed in the end.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Why the last try failed.
    pub(crate) error: ApiError,
    /// Whether any of the tries may have done what was asked.
    pub(crate) may_have_worked: bool,
}

impl Client {
    /// Returns a client; nothing is sent yet. It is to be made within the runtime.
    ///
    /// # Errors
    /// Where certificates, keys or credentials cannot be used.
    pub(crate) fn new(mut config: kube::Config) -> Result<Self, kube::Error> {
        config.connect_timeout = Some(CONNECT_LIMIT);
        // Tries are counted here, where each has its limit.
        config.default_retry = false;
        let server = config.cluster_url.to_string();
        let life = life_of(&config.auth_info);
        Ok(Self { service: ClientBuilder::try_from(config)?.build(), server, life })
    }

    /// Returns the address of the API server.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Sends a request, and again where the trouble may pass. `stop` is asked before each further try.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        request: &Request<Vec<u8>>,
        patience: Patience,
        stop: &dyn Fn() -> bool,
    ) -> Result<T, Failure> {
        let first = Instant::now();
        let mut may_have_worked = false;
        let mut tries = 0;
        loop {
            let error = match timeout(patience.limit, self.send_once(request.clone())).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => error,
                Err(_) => ApiError::Late(patience.limit),
            };
            tries += 1;
            may_have_worked |= error.may_have_worked();
            let pause = patience.pause(&error, tries, first.elapsed());
            let Some(pause) = pause.filter(|_| !stop()) else {
                return Err(Failure { error, may_have_worked });
            };
            sleep(pause).await;
            if stop() {
                return Err(Failure { error, may_have_worked });
            }
        }
    }

    /// Sends a request that changes nothing.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        request: Result<Request<Vec<u8>>, impl std::fmt::Display>,
        patience: Patience,
    ) -> Result<T, ApiError> {
        let request = request.map_err(|error| ApiError::Request(Said::by(&error)))?;
        self.send(&request, patience, &|| false).await.map_err(|failure| failure.error)
    }

    async fn send_once<T: DeserializeOwned>(&self, request: Request<Vec<u8>>) -> Result<T, ApiError> {
        let response =
            self.service.send(request.map(Body::from)).await.map_err(|error| self.unanswered(error))?;
        let (head, body) = response.into_parts();
        let body = body.collect_bytes().await.map_err(|error| ApiError::Cut(Said::first_cause(&error)))?;
        if head.status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| ApiError::Answer(Said::by(&error)));
        }
        let retry_after = head.headers.get(http::header::RETRY_AFTER);
        let seconds = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
        let mut refusal = refusal(head.status.as_u16(), &body, seconds.map(Duration::from_secs));
        if refusal.code == 401 {
            let date = head.headers.get(http::header::DATE).and_then(|date| date.to_str().ok());
            refusal.causes = cause_of_refusal(date, self.life, SystemTime::now());
        }
        Err(ApiError::Status(refusal))
    }

    /// Says what kept a request from its answer.
    fn unanswered(&self, error: kube::Error) -> ApiError {
        let server = self.server.clone();
        match error {
            kube::Error::Auth(error) => ApiError::Credentials(Said::by(&error)),
            kube::Error::Service(error) => {
                let cause = Said::first_cause(error.as_ref());
                let legacy = error.downcast_ref::<hyper_util::client::legacy::Error>();
                match legacy.map(hyper_util::client::legacy::Error::is_connect) {
                    Some(true) if is_about_tls(error.as_ref()) => ApiError::Untrusted { server, cause },
                    Some(true) => ApiError::Unreachable { server, cause },
                    Some(false) | None => ApiError::Cut(cause),
                }
            }
            error => ApiError::Cut(Said::first_cause(&error)),
        }
    }
}

/// Returns when the token of a kubeconfig, or of a pod, is valid; nothing is known of one that a program gets.
fn life_of(auth: &kube::config::AuthInfo) -> TokenLife {
    // Secrets have no other way out without the crate that wraps them.
    let auth = serde_json::to_value(auth).unwrap_or_default();
    let text = |name: &str| auth.get(name)?.as_str().map(str::to_owned);
    let token = text("token").or_else(|| std::fs::read_to_string(text("tokenFile")?).ok());
    token.map(|token| TokenLife::of(token.trim())).unwrap_or_default()
}

/// Returns whether a connection failed in its TLS handshake: what the other side sent was no good.
fn is_about_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let inside = error.downcast_ref::<std::io::Error>();
    // The source of such an error is that of the error in it, which would be missed.
    let wrapped = inside.and_then(std::io::Error::get_ref);
    inside.is_some_and(|error| error.kind() == std::io::ErrorKind::InvalidData)
        || wrapped.is_some_and(|error| is_about_tls(error))
        || error.source().is_some_and(is_about_tls)
}

/// Reads what the API server says with an error code. What answers in its place, such as a load balancer, says anything.
pub(crate) fn refusal(code: u16, body: &[u8], retry_after: Option<Duration>) -> Refusal {
    let Ok(status) = serde_json::from_slice::<Status>(body) else {
        let text = one_line(&String::from_utf8_lossy(body));
        let message = text.chars().take(SHOWN).collect();
        return Refusal { code, message, causes: Vec::new(), about: None, retry_after };
    };
    let (kind, causes, seconds) = match status.details {
        Some(details) => (details.kind, details.causes, u64::from(details.retry_after_seconds)),
        None => (String::new(), Vec::new(), 0),
    };
    let cause = |cause: kube::core::response::StatusCause| match cause.field.as_str() {
        "" => one_line(&cause.message),
        field => format!("{field}: {}", one_line(&cause.message)),
    };
    // Of several conflicts the first line says how many, and the causes which; the others say that again.
    let message = match status.message.split_once('\n') {
        Some((first, _)) if !causes.is_empty() => first.split(": ").next().unwrap_or(first),
        _ => &status.message,
    };
    Refusal {
        code,
        message: one_line(message),
        causes: causes.into_iter().map(cause).collect(),
        about: Some(kind).filter(|kind| !kind.is_empty()),
        retry_after: retry_after.or((seconds > 0).then_some(Duration::from_secs(seconds))),
    }
}

/// Returns the path of a kind's objects, in one namespace or in all.
pub(crate) fn path(kind: ObjectKind, namespace: Option<&str>) -> kube::core::Request {
    let row = kind.row();
    let api = if row.group.is_empty() { "api" } else { "apis" };
    let version = kind.api_version();
    let namespace = namespace.map_or_else(String::new, |name| format!("namespaces/{name}/"));
    kube::core::Request::new(format!("/{api}/{version}/{namespace}{}", row.plural))
}
