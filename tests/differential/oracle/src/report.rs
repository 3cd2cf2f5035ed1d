//! Describes values, errors and scopes the way a script itself would see them.

use rhai::{Dynamic, Engine, EvalAltResult, OptimizationLevel, ParseErrorType, Position, Scope};
use serde_json::{json, Value};

/// Asks an untouched engine for the text forms, so that the limits under test do not apply to it.
pub struct Describer {
    engine: Engine,
    to_debug: rhai::AST,
    type_of: rhai::AST,
}

impl Describer {
    pub fn new() -> Self {
        let mut engine = Engine::new();
        engine.set_optimization_level(OptimizationLevel::None);
        let to_debug = engine.compile("to_debug(value)").expect("a valid script");
        let type_of = engine.compile("type_of(value)").expect("a valid script");
        Self { engine, to_debug, type_of }
    }

    pub fn debug_text(&self, value: &Dynamic) -> String {
        self.ask(&self.to_debug, value)
    }

    pub fn type_name(&self, value: &Dynamic) -> String {
        self.ask(&self.type_of, value)
    }

    /// All variables in the order of their declaration (the engine lists the newest first).
    pub fn scope(&self, scope: &Scope) -> Value {
        let mut rows: Vec<Value> = scope
            .iter_raw()
            .map(|(name, is_constant, value)| json!([name, is_constant, self.debug_text(value)]))
            .collect();
        rows.reverse();
        json!(rows)
    }

    fn ask(&self, question: &rhai::AST, value: &Dynamic) -> String {
        let mut scope = Scope::new();
        scope.push_dynamic("value", value.clone().flatten());
        self.engine
            .eval_ast_with_scope::<String>(&mut scope, question)
            .unwrap_or_else(|error| format!("<{error}>"))
    }
}

/// The error as a table: kind, text without the outermost position, and that position.
pub fn error(mut error: Box<EvalAltResult>) -> Value {
    let mut table = json!({"kind": variant(&error)});
    if let EvalAltResult::ErrorParsing(parse, _) = &*error {
        table["parse_kind"] = json!(variant(parse));
        table["syntax"] = json!(parse.to_string());
        if let ParseErrorType::BadInput(lexical) = parse {
            table["lex_kind"] = json!(variant(lexical));
        }
    }
    let place = error.take_position();
    table["message"] = json!(error.to_string());
    let (line, column) = position(place);
    table["line"] = line;
    table["position"] = column;
    table
}

/// Line and column of a position; both null when there is none.
pub fn position(place: Position) -> (Value, Value) {
    (json!(place.line()), json!(place.position()))
}

/// The name of an enum variant, which is how its debug form starts.
fn variant(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").chars().take_while(|c| c.is_ascii_alphanumeric()).collect()
}
