package prefect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// maxDetail bounds what an error shows of an answer, in characters.
const maxDetail = 500

// problem is one entry of a validation error. Its "input" is what we sent, and left out.
type problem struct {
	Location []any  `json:"loc"`
	Message  string `json:"msg"`
}

func (p problem) String() string {
	parts := make([]string, len(p.Location))
	for i, part := range p.Location {
		parts[i] = fmt.Sprint(part)
	}
	return strings.TrimPrefix(strings.Join(parts, ".")+": "+p.Message, ": ")
}

// detailOf is what an answer says in words. Prefect has three forms of it:
// {"detail": text}, {"detail": [problems]} and {"exception_message", "exception_detail"}.
// Anything else may be a page of HTML; then the status speaks.
func detailOf(raw []byte, status int) string {
	var answer struct {
		Detail    json.RawMessage `json:"detail"`
		Message   string          `json:"exception_message"`
		Exception json.RawMessage `json:"exception_detail"`
	}
	if json.Unmarshal(raw, &answer) != nil {
		return http.StatusText(status)
	}
	var parts []string
	for _, part := range []string{answer.Message, sentence(answer.Detail), sentence(answer.Exception)} {
		if part != "" {
			parts = append(parts, strings.TrimSuffix(part, "."))
		}
	}
	if len(parts) == 0 {
		return http.StatusText(status)
	}
	text := []rune(strings.Join(parts, ": "))
	return string(text[:min(len(text), maxDetail)])
}

func sentence(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var problems []problem
	if json.Unmarshal(raw, &problems) != nil {
		return ""
	}
	parts := make([]string, len(problems))
	for i, p := range problems {
		parts[i] = p.String()
	}
	return strings.Join(parts, "; ")
}
