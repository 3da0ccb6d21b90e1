//! MotherDuck's own options. They hold for the whole process and have to be set before the first database of
//! MotherDuck's is opened, so they must not be among the settings of every connection. Mirrors the MotherDuck plugin.

use serde_json::{Map as JsonMap, Value as Json};

use super::attach::Attachment;
use super::credentials::{is_motherduck_path, python_text};
use super::plugins::Plugin;

/// The options in the order in which they are set: the last one locks the others.
const OPTIONS: [&str; 3] = ["motherduck_token", "motherduck_attach_mode", "motherduck_saas_mode"];

const USER_AGENT: &str = "custom_user_agent";

/// What a profile says to MotherDuck.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MotherDuck {
    /// Options of opening the database.
    pub at_opening: Vec<(String, String)>,
    /// `SET` before databases are attached.
    pub before_attaching: Vec<(String, String)>,
}

impl MotherDuck {
    /// Takes MotherDuck's options out of `settings`.
    pub(super) fn take(
        path: &str,
        attach: &[Attachment],
        plugins: &[Plugin],
        settings: &mut Vec<(String, String)>,
        config_options: &mut Vec<(String, String)>,
    ) -> MotherDuck {
        let attached: Vec<&Attachment> = attach.iter().filter(|entry| is_motherduck_path(&entry.path)).collect();
        let mut given = JsonMap::new();
        for (key, value) in attached.iter().flat_map(|entry| query_of(&entry.path)) {
            given.insert(key, value);
        }
        for plugin in plugins.iter().filter(|plugin| plugin.module == "motherduck") {
            given.extend(plugin.config.clone());
        }
        given.extend(settings.iter().map(|(key, value)| (key.clone(), Json::from(value.clone()))));
        let options: Vec<(String, String)> = OPTIONS
            .iter()
            .filter_map(|option| {
                let value = spellings(option).iter().filter_map(|key| given.get(key)).next_back()?;
                Some(((*option).to_owned(), python_text(value)))
            })
            .collect();
        let named = |key: &str| OPTIONS.iter().any(|option| spellings(option).iter().any(|spelling| spelling == key));
        let agent = take_agent(config_options).or_else(|| take_agent(settings));
        settings.retain(|(key, _)| !named(key));
        let mut done = MotherDuck::default();
        let agent = agent.map_or(String::new(), |agent| format!(" {agent}"));
        done.at_opening.push((USER_AGENT.to_owned(), format!("rdbt/{}{agent}", env!("CARGO_PKG_VERSION"))));
        if is_motherduck_path(path) && attached.is_empty() {
            done.at_opening.extend(options);
        } else {
            done.before_attaching = options;
        }
        done
    }
}

fn take_agent(options: &mut Vec<(String, String)>) -> Option<String> {
    let at = options.iter().position(|(key, _)| key == USER_AGENT)?;
    Some(options.remove(at).1)
}

/// The names under which an option is accepted; a later one counts more.
fn spellings(option: &str) -> [String; 4] {
    let short = option.trim_start_matches("motherduck_");
    [option.to_owned(), short.to_owned(), option.to_uppercase(), short.to_uppercase()]
}

/// What stands behind the question mark of a path.
fn query_of(path: &str) -> Vec<(String, Json)> {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), Json::from(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn options_of_motherduck_leave_the_settings() {
        let mut settings = pairs(&[("SAAS_MODE", "True"), ("threads", "2"), ("motherduck_token", "t")]);
        let mut config = pairs(&[("custom_user_agent", "mine")]);
        let taken = MotherDuck::take("md:db", &[], &[], &mut settings, &mut config);
        assert_eq!(settings, pairs(&[("threads", "2")]));
        assert!(config.is_empty());
        assert!(taken.at_opening[0].1.ends_with(" mine"));
        assert_eq!(taken.at_opening[1..], pairs(&[("motherduck_token", "t"), ("motherduck_saas_mode", "True")]));
        assert!(taken.before_attaching.is_empty());
    }

    #[test]
    fn an_attached_database_takes_them_before_it_is_attached() {
        let attached = Attachment { path: "md:db?motherduck_token=t".to_owned(), ..Attachment::default() };
        let taken = MotherDuck::take("a.duckdb", &[attached], &[], &mut Vec::new(), &mut Vec::new());
        assert_eq!(taken.before_attaching, pairs(&[("motherduck_token", "t")]));
        assert_eq!(taken.at_opening.len(), 1);
    }
}
