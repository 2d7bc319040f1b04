package main

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const (
	provenanceFile = "provenance.json"
	buildType      = "ecsctl/tools/release@v1"
)

// statement is an in-toto Statement v1 (in-toto.io/Statement/v1) with the predicate SLSA
// Provenance v1 (slsa.dev/provenance/v1): what was made, of which source, how and with what.
type statement struct {
	Type          string     `json:"_type"`
	Subject       []material `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     predicate  `json:"predicate"`
}

// material is a file, or what one is made of.
type material struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
}

type predicate struct {
	BuildDefinition struct {
		BuildType            string            `json:"buildType"`
		ExternalParameters   map[string]string `json:"externalParameters"`
		InternalParameters   map[string]string `json:"internalParameters"`
		ResolvedDependencies []material        `json:"resolvedDependencies"`
	} `json:"buildDefinition"`
	RunDetails struct {
		Builder struct {
			ID string `json:"id"`
		} `json:"builder"`
	} `json:"runDetails"`
}

// writeProvenance writes where the files come from, and with a key its signature. It has no time in it: the same
// commit and toolchain make the same file.
func (o options) writeProvenance(checksums map[string]string) error {
	commit, modified, err := sourceOf()
	if err != nil {
		return err
	}
	if modified && o.key != "" {
		return errors.New("the working tree has changes that are in no commit: what is made of them is not signed")
	}
	modules, err := os.ReadFile("go.sum")
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(o.provenance(checksums, commit, modified, modules), "", "  ")
	if err != nil {
		return err
	}
	raw = append(raw, '\n')
	file := filepath.Join(o.dist, provenanceFile)
	if err := os.WriteFile(file, raw, 0o644); err != nil || o.key == "" {
		return err
	}
	return sign(o.key, raw, file+".sig")
}

func (o options) provenance(checksums map[string]string, commit string, modified bool, modules []byte) statement {
	s := statement{Type: "https://in-toto.io/Statement/v1", PredicateType: "https://slsa.dev/provenance/v1"}
	for _, name := range slices.Sorted(maps.Keys(checksums)) {
		s.Subject = append(s.Subject, material{Name: name, Digest: map[string]string{"sha256": checksums[name]}})
	}
	sum := sha256.Sum256(modules)
	b := &s.Predicate.BuildDefinition
	b.BuildType = buildType
	b.ExternalParameters = map[string]string{"version": o.version, "only": o.only}
	b.InternalParameters = map[string]string{"go": runtime.Version(), "modified": fmt.Sprint(modified)}
	b.ResolvedDependencies = []material{
		{URI: "git+ecsctl", Digest: map[string]string{"gitCommit": commit}},
		{Name: "go.sum", Digest: map[string]string{"sha256": hex.EncodeToString(sum[:])}},
	}
	s.Predicate.RunDetails.Builder.ID = o.builder
	return s
}

// sourceOf is the commit, and whether the working tree has more than that.
func sourceOf() (commit string, modified bool, err error) {
	head, err := exec.Command("git", "rev-parse", "HEAD").Output()
	if err != nil {
		return "", false, fmt.Errorf("failed to read the commit: %w", err)
	}
	status, err := exec.Command("git", "status", "--porcelain").Output()
	if err != nil {
		return "", false, fmt.Errorf("failed to read the state of the working tree: %w", err)
	}
	return strings.TrimSpace(string(head)), len(status) > 0, nil
}

// sign writes the Ed25519 signature of content by a private key (PKCS #8, PEM), which openssl verifies.
func sign(keyFile string, content []byte, to string) error {
	raw, err := os.ReadFile(keyFile)
	if err != nil {
		return fmt.Errorf("failed to read the signing key: %w", err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return fmt.Errorf("the signing key %q is not in PEM", keyFile)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return fmt.Errorf("failed to read the signing key %q: %w", keyFile, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return fmt.Errorf("the signing key %q is not of Ed25519: make one by openssl genpkey -algorithm ed25519",
			keyFile)
	}
	signature, err := key.Sign(nil, content, crypto.Hash(0))
	if err != nil {
		return err
	}
	return os.WriteFile(to, signature, 0o644)
}
