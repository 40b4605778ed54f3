//! Which way requests go: directly, through the proxy of the settings, or as the environment's variables say
//! (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`). Loopback never goes through an environment proxy.

use std::ffi::OsString;

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use crate::error::Error;
use crate::settings::Settings;
use crate::settings::surface::is_loopback;

/// The setting.
const SETTING: &str = "proxy";
/// The value of it that switches the environment's proxies off.
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
        None => {
            if let Ok(url) = Url::parse(url) {
                check_environment(&url, &|name| std::env::var_os(name))?;
            }
            Ok(Route::Environment)
        }
    }
}

/// Finds a variable of the environment.
type Find<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Refuses a proxy variable that counts for this URL and that the library would leave out in silence, to connect
/// directly. Which one counts is the library's rule: the first that is set, and the one for all where it is empty.
fn check_environment(url: &Url, find: Find<'_>) -> Result<(), Error> {
    // A web server's script: whoever asks it names variables of their own.
    if find("REQUEST_METHOD").is_some() {
        return Ok(());
    }
    let text = |names: [&'static str; 2]| {
        let found = names.into_iter().find_map(|name| Some((name, find(name)?)));
        found
            .map(|(name, value)| match value.into_string() {
                Ok(value) => Ok((name, value)),
                Err(_) => Err(refused(name, "is not UTF-8")),
            })
            .transpose()
    };
    let own = match url.scheme() {
        "https" => ["HTTPS_PROXY", "https_proxy"],
        _ => ["HTTP_PROXY", "http_proxy"],
    };
    let is_set = |found: &Option<(&str, String)>| found.as_ref().is_some_and(|(_, value)| !value.is_empty());
    let mut counts = text(own)?;
    if !is_set(&counts) {
        counts = text(["ALL_PROXY", "all_proxy"])?;
    }
    let Some((name, value)) = counts.filter(|(_, value)| !value.is_empty()) else {
        return Ok(());
    };
    let excepted = text(["NO_PROXY", "no_proxy"])?.map_or_else(String::new, |(_, value)| value);
    // The library says itself which hosts it goes to past every proxy, and which proxies it knows.
    let intercepts = |proxy: &str, no: &str| {
        let matcher = Matcher::builder().all(proxy).no(no).build();
        let target = url.as_str().parse();
        target.is_ok_and(|target| matcher.intercept(&target).is_some())
    };
    if !intercepts("http://proxy.invalid", &excepted) {
        return Ok(());
    }
    let with_scheme = if value.contains("://") { value.clone() } else { format!("http://{value}") };
    checked(name, &with_scheme)?;
    if intercepts(&value, "") { Ok(()) } else { Err(refused(name, "cannot be used")) }
}

fn explicit(text: &str) -> Result<Route, Error> {
    let refused = |why: &str| refused(SETTING, why);
    let url = checked(SETTING, text)?;
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(refused("has more than a host and a port"));
    }
    let proxy = reqwest::Proxy::all(text).map_err(|_| refused("cannot be used"))?;
    Ok(Route::Proxy { proxy: Box::new(proxy), encrypted: url.scheme() == "https" })
}

/// The URL of a proxy that can be used.
fn checked(name: &str, text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|_| refused(name, "is not a URL"))?;
    // The library would leave another scheme out in silence and connect directly.
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused(name, "is neither an http nor an https URL"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(refused(name, "has no host"));
    }
    Ok(url)
}

/// The value stays out of the message: it may hold a password.
fn refused(name: &str, why: &str) -> Error {
    let next_action = if name == SETTING {
        "pass a URL such as http://proxy.example:3128, or none".to_owned()
    } else {
        format!("set {name} to a URL such as http://proxy.example:3128, or pass none for proxy")
    };
    Error::configuration(format!("{name} {why}"), next_action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn through(proxy: Option<&str>, url: &str) -> Result<Route, Error> {
        let settings = Settings { proxy: proxy.map(str::to_owned), ..Settings::default() };
        route(url, &settings)
    }

    #[test]
    fn the_setting_beats_the_environment_and_loopback_never_follows_the_environment() {
        let far = "https://pm.mypreferences.com/";
        assert!(matches!(through(None, far), Ok(Route::Environment)));
        assert!(matches!(through(Some("none"), far), Ok(Route::Direct)));
        for near in ["http://127.0.0.1:1/", "https://localhost/", "https://[::1]:8/"] {
            assert!(matches!(through(None, near), Ok(Route::Direct)), "{near}");
            let explicit = through(Some("http://proxy.example:3128"), near);
            assert!(matches!(explicit, Ok(Route::Proxy { .. })), "{near}");
        }
    }

    fn by_environment(url: &str, variables: &[(&str, &str)]) -> Result<(), Error> {
        let found = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        check_environment(&Url::parse(url).unwrap(), &found)
    }

    #[test]
    fn a_variable_that_is_no_proxy_is_refused_by_its_name_and_never_left_out_in_silence() {
        const FAR: &str = "https://pm.mypreferences.com/";
        for bad in [
            "http://[::1",
            ":::",
            " ",
            "http://",
            "socks5://hush:hush@proxy.example:1080",
            "ftp://hush@proxy.example",
            "http://hush:hush@proxy.example:99999",
            "http://hush:hush@pröxy .example",
            "hush:hush@",
            "proxy.example:port",
        ] {
            for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
                let error = by_environment(FAR, &[(name, bad)]).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Configuration, "{bad}");
                let text = error.to_string();
                assert!(text.contains(name) && !text.contains("hush"), "{text}");
            }
            // Another one counts, or none does.
            for fine in [
                &[("HTTP_PROXY", bad)][..],
                &[("HTTPS_PROXY", "http://proxy:3128"), ("ALL_PROXY", bad)],
                &[("HTTPS_PROXY", "proxy:3128"), ("https_proxy", bad)],
                &[("HTTPS_PROXY", bad), ("NO_PROXY", "*")],
                &[("HTTPS_PROXY", bad), ("no_proxy", "a.example, .mypreferences.com")],
                &[("HTTPS_PROXY", bad), ("REQUEST_METHOD", "GET")],
            ] {
                by_environment(FAR, fine).unwrap();
            }
        }
        for good in [
            "",
            "proxy.example",
            "proxy.example:3128",
            "http://user:hush@proxy.example:3128/",
            "https://[::1]:3128",
            "HTTP://proxy.example/any",
        ] {
            by_environment(FAR, &[("HTTPS_PROXY", good)]).unwrap();
        }
        // An empty one leaves it to the one for all.
        let both = [("HTTPS_PROXY", ""), ("ALL_PROXY", ":::")];
        assert!(by_environment(FAR, &both).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_no_text_is_refused() {
        use std::os::unix::ffi::OsStringExt;
        let url = Url::parse("https://pm.mypreferences.com/").unwrap();
        let found = |name: &str| (name == "HTTPS_PROXY").then(|| OsString::from_vec(vec![0xff]));
        let text = check_environment(&url, &found).unwrap_err().to_string();
        assert!(text.contains("HTTPS_PROXY is not UTF-8"), "{text}");
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
