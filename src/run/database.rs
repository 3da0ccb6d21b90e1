//! What a run asks of the database outside of templates: connections, schemas, hooks, the fall-back's question why a
//! statement failed.

