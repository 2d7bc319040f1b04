package prefect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"ecsctl/prefect"
)

func TestSecretNeverShows(t *testing.T) {
	t.Parallel()
	const hush = "pnu_hush"
	value := struct{ Key prefect.Secret }{hush}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&logged, nil), slog.NewJSONHandler(&logged, nil)} {
		slog.New(handler).Info("settings", "key", value.Key, "all", value)
	}
	shown := []string{
		fmt.Sprint(value), fmt.Sprintf("%v %+v %#v %s %q", value, value, value, value.Key, value.Key),
		fmt.Sprintf("%x", value.Key), string(encoded), logged.String(), fmt.Errorf("key %v", value.Key).Error(),
	}
	for _, text := range shown {
		if strings.Contains(text, hush) || strings.Contains(text, fmt.Sprintf("%x", hush)) {
			t.Errorf("the secret shows in %q", text)
		}
	}
	if got := value.Key.Reveal(); got != hush {
		t.Errorf("Reveal() = %q", got)
	}
	if got := prefect.Secret("").String(); got != "" {
		t.Errorf("an empty secret shows as %q", got)
	}
}
