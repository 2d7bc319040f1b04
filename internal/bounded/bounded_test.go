package bounded_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecsctl/internal/bounded"
)

func TestRead(t *testing.T) {
	t.Parallel()
	if raw, err := bounded.Read(strings.NewReader("12345"), 5); err != nil || string(raw) != "12345" {
		t.Errorf("at the limit: %q, %v", raw, err)
	}
	var large *bounded.TooLargeError
	if _, err := bounded.Read(strings.NewReader("123456"), 5); !errors.As(err, &large) || large.Limit != 5 {
		t.Errorf("past the limit: %v", err)
	}
}

func TestReadFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, make([]byte, 3<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bounded.ReadFile(path, 2<<10); err == nil || err.Error() != path+": it is larger than 2 KiB" {
		t.Errorf("error %v", err)
	}
	if _, err := bounded.ReadFound(path, 4<<10); err != nil {
		t.Error(err)
	}
	if _, err := bounded.ReadFound(os.DevNull, 10); err == nil {
		t.Error("a device is read")
	}
	if _, err := bounded.ReadFound(path+"x", 10); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}
