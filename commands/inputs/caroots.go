package inputs

import (
	"crypto/x509"
	"fmt"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// UseOwnRoots lets TLS trust the CA roots that are compiled in, where the system has
// none: the worker's image holds the binary and nothing else. Importing package
// fallback would do the same, but parses the roots in every process, for 13 ms and
// 4 MB, the health check's too, which never uses TLS.
var UseOwnRoots = sync.OnceFunc(func() {
	roots := x509.NewCertPool()
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			panic(fmt.Sprintf("a built-in CA root does not parse: %v", err)) // a defect of the bundle
		}
		if root.Constraint == nil {
			roots.AddCert(certificate)
		} else {
			roots.AddCertWithConstraint(certificate, root.Constraint)
		}
	}
	x509.SetFallbackRoots(roots)
})
