//! Telling a repeated change from a new one where the same request may rightly come again later.

use crate::{Context, arguments::digest};
use domain::{Error, Result};
use serde::Serialize;
use store::answers::AnswerKey;

/// What a request would do to what stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Would {
    Change,
    ChangeNothing,
}

impl Context {
    /// Settles a request on a subject (60, then 70, then 60 again are three changes). One that would change nothing and
    /// was asked before is a repeat: `true`, its first answer will be given. One that would change something is new,
    /// however often its words were used before.
    pub(crate) async fn is_repeat_of_change(
        &mut self,
        tool: &str,
        subject: &str,
        request: &impl Serialize,
        would: Would,
    ) -> Result<bool> {
        let content = serde_json::to_value(request).map_err(Error::internal)?;
        let key = |number: usize| AnswerKey::Change(format!("{subject}:{}:{number}", digest(&content)));
        let mut asked = 0;
        while self.tx.answer(tool, &key(asked)).await?.is_some() {
            asked += 1;
        }
        let number = match would {
            Would::Change => asked,
            Would::ChangeNothing => asked.saturating_sub(1),
        };
        self.is_repeat_under(tool, key(number), &content).await
    }
}
