package awsaccess

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Optional is nil for an empty string.
func Optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }

// wholeNumber reads a number of a decoded JSON document.
func wholeNumber(value any) (int, bool) {
	switch value := value.(type) {
	case json.Number:
		n, err := strconv.Atoi(value.String())
		return n, err == nil
	case float64:
		return int(value), value == float64(int(value))
	}
	return 0, false
}

func rootsOf(pem []byte, path string) (*tls.Config, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("the CA bundle %q of the credentials block holds no PEM certificate", path)
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}
