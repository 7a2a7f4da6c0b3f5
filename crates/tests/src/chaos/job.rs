//! The jobs that are disturbed: their tables in the database, their files, and the check of their results.

use super::shop::{Offsets, Shop};
use super::{attribution, totals, windows};
use crate::job_folder::JobFolder;
use crate::services::postgres::{Session, USER};

/// A job over clicks and checkouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Two lookup joins, an interval join, two deduplications; three tables.
    Attribution,
    /// A regular join, two aggregates, one of them over the results of a third; three tables.
    Totals,
    /// `Totals` with the mistake of forgetting what it keeps, which the checks must notice.
    ForgetfulTotals,
    /// A hop window, a temporal join, a Top-N and one of windows; four tables.
    Windows,
    /// `Windows` with the same mistake.
    ForgetfulWindows,
}

impl Job {
    /// DDL of the result tables.
    pub fn tables(self) -> &'static str {
        match self {
            Self::Attribution => attribution::TABLES,
            Self::Totals | Self::ForgetfulTotals => totals::TABLES,
            Self::Windows | Self::ForgetfulWindows => windows::TABLES,
        }
    }

    /// Writes the job's files.
    pub fn write(self, folder: &JobFolder, topics: &[String; 2], bootstrap: &str, port: u16, database: &str) {
        let settings = match self {
            Self::ForgetfulTotals | Self::ForgetfulWindows => "settings: { table.exec.state.ttl: 1 ms }\n",
            _ => "",
        };
        folder.write(
            "sql/streamsql.yaml",
            &format!(
                "job: {{ name: chaos, state: ./state, commit: {{ interval: 30ms }} }}
defaults:
  bootstrap: \"{bootstrap}\"
  url: \"jdbc:postgresql://127.0.0.1:{port}/{database}\"
  username: {USER}
  password: \"${{env:PW}}\"
tables:
  clicks: {{ topic: {} }}
  checkouts: {{ topic: {} }}
{settings}",
                topics[0], topics[1]
            ),
        );
        let kafka =
            "'connector' = 'kafka', 'topic' = '{{ topic }}', 'properties.bootstrap.servers' = '{{ bootstrap }}',
      'properties.group.id' = 'chaos', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json'";
        folder.write(
            "sql/source/clicks.sql",
            &format!(
                "CREATE TABLE clicks (click_id STRING, user_id STRING, source STRING, click_timestamp TIMESTAMP(3),
               processing_timestamp AS PROCTIME(),
               WATERMARK FOR click_timestamp AS click_timestamp - INTERVAL '15' SECOND) WITH ({kafka})"
            ),
        );
        folder.write(
            "sql/source/checkouts.sql",
            &format!(
                "CREATE TABLE checkouts (checkout_id BIGINT, user_id STRING, product_id STRING, quantity INT, address STRING,
               checkout_timestamp TIMESTAMP(3), processing_timestamp AS PROCTIME(),
               WATERMARK FOR checkout_timestamp AS checkout_timestamp - INTERVAL '15' SECOND) WITH ({kafka})"
            ),
        );
        match self {
            Self::Attribution => attribution::write(folder),
            Self::Totals | Self::ForgetfulTotals => totals::write(folder),
            Self::Windows | Self::ForgetfulWindows => windows::write(folder),
        }
    }

    /// Compares the tables with what must come of these prefixes; row by row where `whole`, else by sums where they
    /// are large.
    ///
    /// # Errors
    /// The difference.
    pub fn check(
        self,
        session: &mut Session,
        shop: &Shop,
        clicks: &Offsets,
        checkouts: &Offsets,
        whole: bool,
    ) -> Result<(), String> {
        match self {
            Self::Attribution => attribution::check(session, shop, clicks, checkouts, whole),
            Self::Totals | Self::ForgetfulTotals => totals::check(session, shop, clicks, checkouts, whole),
            Self::Windows | Self::ForgetfulWindows => windows::check(session, shop, clicks, checkouts, whole),
        }
    }
}
