//! Which way requests go: directly, through the proxy of the settings, or as the environment's variables say
//! (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`). Loopback never goes through an environment proxy.

use url::Url;

use crate::error::Error;
use crate::settings::Settings;
use crate::surface::is_loopback;

/// The value of the setting `proxy` that switches the environment's proxies off.
const NONE: &str = "none";

/// The way to one host.
pub(crate) enum Route {
    /// As the environment's variables say.
    Environment,
    /// Past every proxy.
    Direct,
    /// Through this one, whatever the environment says.
    Proxy {
        proxy: Box<reqwest::Proxy>,
        /// The way to the proxy itself is TLS.
        encrypted: bool,
    },
}

impl Route {
    pub(crate) const fn is_encrypted(&self) -> bool {
        match self {
            Route::Environment | Route::Direct => false,
            Route::Proxy { encrypted, .. } => *encrypted,
        }
    }
}

/// The way to the host of this URL.
pub(crate) fn route(url: &str, settings: &Settings) -> Result<Route, Error> {
    match settings.proxy.as_deref() {
        Some(NONE) => Ok(Route::Direct),
        Some(proxy) => explicit(proxy),
        None if Url::parse(url).is_ok_and(|url| is_loopback(&url)) => Ok(Route::Direct),
        None => Ok(Route::Environment),
    }
}

fn explicit(text: &str) -> Result<Route, Error> {
    // The value stays out of the message: it may hold a password.
    let refused = |why: &str| {
        Error::configuration(
            format!("proxy {why}"),
            "pass a URL such as http://proxy.example:3128, or none",
        )
    };
    let url = Url::parse(text).map_err(|_| refused("is not a URL"))?;
    let encrypted = match url.scheme() {
        "http" => false,
        "https" => true,
        // The library would leave it out in silence and connect directly.
        _ => return Err(refused("is neither an http nor an https URL")),
    };
    if url.host_str().is_none_or(str::is_empty) {
        return Err(refused("has no host"));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(refused("has more than a host and a port"));
    }
    let proxy = reqwest::Proxy::all(text).map_err(|_| refused("cannot be used"))?;
    Ok(Route::Proxy {
        proxy: Box::new(proxy),
        encrypted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn through(proxy: Option<&str>, url: &str) -> Result<Route, Error> {
        let settings = Settings {
            proxy: proxy.map(str::to_owned),
            ..Settings::default()
        };
        route(url, &settings)
    }

    #[test]
    fn the_setting_beats_the_environment_and_loopback_never_follows_the_environment() {
        let far = "https://pm.mypreferences.com/";
        assert!(matches!(through(None, far), Ok(Route::Environment)));
        assert!(matches!(through(Some("none"), far), Ok(Route::Direct)));
        for near in [
            "http://127.0.0.1:1/",
            "https://localhost/",
            "https://[::1]:8/",
        ] {
            assert!(matches!(through(None, near), Ok(Route::Direct)), "{near}");
            let explicit = through(Some("http://proxy.example:3128"), near);
            assert!(matches!(explicit, Ok(Route::Proxy { .. })), "{near}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_its_value() {
        for bad in [
            "",
            "proxy.example",
            "socks5://hush@proxy.example:1080",
            "ftp://hush@proxy.example",
            "http://hush:hush@",
            "http://hush@proxy.example/path",
            "http://hush@proxy.example/?x",
        ] {
            let error = through(Some(bad), "https://host/").err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{bad}");
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }
}
