package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

// codes are the errors of the services that answer in the words of AWS's own framework,
// "1 validation error detected: ...".
var codes = map[string]string{
	"ecs":            "InvalidParameterException",
	"events":         "ValidationException",
	"iam":            "ValidationError",
	"logs":           "InvalidParameterException",
	"secretsmanager": "ValidationException",
	"servicequotas":  "IllegalArgumentException",
	"ssm":            "ValidationException",
	"sts":            "ValidationError",
}

// refuse words what was found as the service does.
func (d *document) refuse(operation string, found []breach) *wire.Error {
	switch d.service {
	case "ec2":
		return ec2Error(found[0])
	case "ecr":
		return wire.Errorf("InvalidParameterException", "Invalid parameter at '%s' failed to satisfy constraint: '%s'",
			found[0].path, ecrConstraint(found[0]))
	case "sqs":
		return sqsError(found[0])
	}
	code := codes[d.service]
	if operation == "RegisterTaskDefinition" {
		code = "ClientException"
	}
	return wire.Errorf(code, "%s", sentence(found))
}

// sentence lists all that is wrong, each value and constraint once.
func sentence(found []breach) string {
	var parts []string
	seen := map[string]bool{}
	for _, b := range found {
		part := fmt.Sprintf("Value%s at '%s' failed to satisfy constraint: %s", b.shown(), b.path, b.constraint())
		if !seen[part] {
			seen[part] = true
			parts = append(parts, part)
		}
	}
	plural := "s"
	if len(parts) == 1 {
		plural = ""
	}
	return fmt.Sprintf("%d validation error%s detected: %s", len(parts), plural, strings.Join(parts, "; "))
}

// shown is the value in an error, with a space before it.
func (b breach) shown() string {
	switch {
	case b.quiet:
		return ""
	case b.value == nil:
		return " null"
	default:
		return " '" + plain(b.value) + "'"
	}
}

// plain writes a value as Java prints it.
func plain(v any) string {
	switch v := v.(type) {
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = plain(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		var items []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			items = append(items, key+"="+plain(v[key]))
		}
		return "{" + strings.Join(items, ", ") + "}"
	default:
		return fmt.Sprint(v)
	}
}

func (b breach) constraint() string {
	if b.part == "" {
		return b.rule()
	}
	return fmt.Sprintf("%s must satisfy constraint: [%s]", b.part, b.rule())
}

// rule is what the value should be.
func (b breach) rule() string {
	switch b.kind {
	case missing:
		return "Member must not be null"
	case tooShort:
		return fmt.Sprintf("Member must have length greater than or equal to %.0f", b.limit)
	case tooLong:
		return fmt.Sprintf("Member must have length less than or equal to %.0f", b.limit)
	case tooSmall:
		return fmt.Sprintf("Member must have value greater than or equal to %.0f", b.limit)
	case tooBig:
		return fmt.Sprintf("Member must have value less than or equal to %.0f", b.limit)
	case noMatch:
		return fmt.Sprintf("Member must satisfy regular expression pattern: %s", b.limit)
	default:
		return fmt.Sprintf("Member must satisfy enum value set: [%s]", strings.Join(b.limit.([]string), ", "))
	}
}

// ecrConstraint has ECR's words where they are known to differ.
func ecrConstraint(b breach) string {
	if b.kind == noMatch && b.part == "" {
		return fmt.Sprintf("must satisfy regular expression '%s'", b.limit)
	}
	return b.constraint()
}

func ec2Error(b breach) *wire.Error {
	switch b.kind {
	case missing:
		return wire.Errorf("MissingParameter", "The request must contain the parameter %s", b.name)
	case tooSmall:
		return wire.Errorf("InvalidParameterValue",
			"Value ( %v ) for parameter %s is invalid. Expecting a value greater than %.0f.", b.value, b.path, b.limit)
	case tooBig:
		return wire.Errorf("InvalidParameterValue",
			"Value ( %v ) for parameter %s is invalid. Expecting a value less than %.0f.", b.value, b.path, b.limit)
	default:
		return wire.Errorf("InvalidParameterValue", "Value (%v) for parameter %s is invalid. %s", b.value,
			b.path, b.rule())
	}
}

func sqsError(b breach) *wire.Error {
	if b.kind == missing {
		return wire.Errorf("MissingParameter", "The request must contain the parameter %s.", b.name)
	}
	return wire.Errorf("InvalidParameterValue", "Value %v for parameter %s is invalid. Reason: %s.", b.value,
		b.name, b.rule())
}
