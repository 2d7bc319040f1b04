// Package cabundle has the CA certificates that AWS's tools are told to trust, AWS_CA_BUNDLE and a profile's
// ca_bundle, for all else that this process talks to: behind a proxy that inspects TLS, Prefect and registries are
// signed by the same CA.
package cabundle

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"ecsctl/internal/bounded"
)

var (
	mu    sync.Mutex
	roots *x509.CertPool // nil: what the system trusts
)

// Use trusts the certificates of the file beside those of the system, from now on. source is what names the
// file. "" goes back to the system's alone.
func Use(path, source string) error {
	mu.Lock()
	defer mu.Unlock()
	if roots = nil; path == "" {
		return nil
	}
	pem, err := bounded.ReadFile(path, bounded.MaxFile)
	if err != nil {
		return fmt.Errorf("failed to read the CA certificates of %s: %w", source, err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s (%s) holds no PEM certificate", path, source)
	}
	roots = pool
	return nil
}

// TLS is nil where the system's certificates are all.
func TLS() *tls.Config {
	mu.Lock()
	defer mu.Unlock()
	if roots == nil {
		return nil
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// Transport is the transport with what TLS returns.
func Transport(plain http.RoundTripper) http.RoundTripper {
	trust := TLS()
	t, ok := plain.(*http.Transport)
	if trust == nil || !ok {
		return plain
	}
	t = t.Clone()
	t.TLSClientConfig = trust
	return t
}

// Advice is what to do about a server whose certificate nobody vouches for; "" for any other error.
func Advice(err error) string {
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) {
		return ""
	}
	return "if a proxy inspects TLS, name its CA certificates, a PEM file, with AWS_CA_BUNDLE or the profile's " +
		"ca_bundle: they count for AWS, registries and Prefect (or with PREFECT_API_SSL_CERT_FILE for Prefect alone)"
}
