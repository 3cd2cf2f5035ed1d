"""What compiled scripts run on: values, operators, dispatch, scope, budget."""
