package prefect

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"ecsctl/internal/bounded"
)

// ClientOptions are the Options for a client of these settings: address, credentials,
// PREFECT_CLIENT_CUSTOM_HEADERS, PREFECT_CLIENT_MAX_RETRIES, PREFECT_CLIENT_RETRY_EXTRA_CODES,
// PREFECT_API_REQUEST_TIMEOUT, PREFECT_API_SSL_CERT_FILE and PREFECT_API_TLS_INSECURE_SKIP_VERIFY.
// The caller adds UserAgent and Logger.
func (s Settings) ClientOptions() (Options, error) {
	o := Options{APIURL: s.APIURL, APIKey: s.APIKey, AuthString: s.AuthString}
	o.CloudAPIURL = s.Extra["PREFECT_CLOUD_API_URL"].Reveal()
	if err := s.readRetries(&o); err != nil {
		return Options{}, err
	}
	if err := s.readRetryCodes(&o); err != nil {
		return Options{}, err
	}
	if err := s.readTimeout(&o); err != nil {
		return Options{}, err
	}
	if err := s.readHeaders(&o); err != nil {
		return Options{}, err
	}
	var err error
	o.TLS, err = s.tlsConfig()
	return o, err
}

func (s Settings) readRetries(o *Options) error {
	const name = "PREFECT_CLIENT_MAX_RETRIES"
	text := s.Extra[name].Reveal()
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return fmt.Errorf("%s from %s is not a number of retries", name, s.Sources[name])
	}
	o.MaxRetries = n
	if n == 0 {
		o.MaxRetries = -1
	}
	return nil
}

// readRetryCodes reads one status, or several with commas between.
func (s Settings) readRetryCodes(o *Options) error {
	const name = "PREFECT_CLIENT_RETRY_EXTRA_CODES"
	text := strings.Trim(s.Extra[name].Reveal(), "[] ")
	if text == "" {
		return nil
	}
	for part := range strings.SplitSeq(text, ",") {
		code, err := strconv.Atoi(strings.Trim(part, ` "`))
		if err != nil || code < 100 || code > 599 {
			return fmt.Errorf("%s from %s is not a list of HTTP statuses such as 500,504", name, s.Sources[name])
		}
		o.RetryCodes = append(o.RetryCodes, code)
	}
	return nil
}

func (s Settings) readTimeout(o *Options) error {
	const name = "PREFECT_API_REQUEST_TIMEOUT"
	text := s.Extra[name].Reveal()
	if text == "" {
		return nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds > 0 && seconds < math.MaxInt32) {
		return fmt.Errorf("%s from %s is not a number of seconds", name, s.Sources[name])
	}
	o.Timeout = time.Duration(seconds * float64(time.Second))
	return nil
}

func (s Settings) readHeaders(o *Options) error {
	text := s.Extra[settingHeaders].Reveal()
	if text == "" {
		return nil
	}
	if json.Unmarshal([]byte(text), &o.Headers) != nil {
		return fmt.Errorf("%s from %s is not a JSON object of strings", settingHeaders, s.Sources[settingHeaders])
	}
	return nil
}

// tlsConfig is nil when the settings do not change whom to trust.
func (s Settings) tlsConfig() (*tls.Config, error) {
	const insecure, certFile = "PREFECT_API_TLS_INSECURE_SKIP_VERIFY", "PREFECT_API_SSL_CERT_FILE"
	if isTrue(s.Extra[insecure].Reveal()) {
		return &tls.Config{InsecureSkipVerify: true}, nil //nolint:gosec // the user asked for it, as with Prefect
	}
	path := s.Extra[certFile].Reveal()
	if path == "" {
		return nil, nil
	}
	pem, err := bounded.ReadFile(path, bounded.MaxFile)
	if err != nil {
		return nil, fmt.Errorf("failed to read %s from %s: %w", certFile, s.Sources[certFile], err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New(path + " (" + certFile + " from " + s.Sources[certFile] + ") holds no PEM certificate")
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}

// isTrue reads a boolean as pydantic does.
func isTrue(text string) bool {
	switch strings.ToLower(text) {
	case "1", "true", "t", "yes", "y", "on":
		return true
	}
	return false
}
