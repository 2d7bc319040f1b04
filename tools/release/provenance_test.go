package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
)

// The provenance names each file by its checksum, and the signature is of just that text.
func TestProvenance(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "key.pem")
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	o := options{dist: dir, version: "v1.2.3", builder: "https://ci.example/7"}
	raw, err := json.Marshal(o.provenance(map[string]string{"b.zip": "22", "a.tar.gz": "11"}, "c0ffee", false,
		[]byte("sums")))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Type    string `json:"_type"`
		Subject []struct {
			Name   string
			Digest map[string]string
		}
		Predicate struct {
			BuildDefinition struct {
				ResolvedDependencies []struct{ Digest map[string]string }
			}
		}
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if got.Type != "https://in-toto.io/Statement/v1" || len(got.Subject) != 2 || got.Subject[0].Name != "a.tar.gz" ||
		got.Subject[0].Digest["sha256"] != "11" ||
		got.Predicate.BuildDefinition.ResolvedDependencies[0].Digest["gitCommit"] != "c0ffee" {
		t.Errorf("the statement is %s", raw)
	}
	sig := filepath.Join(dir, "sig")
	if err := sign(key, raw, sig); err != nil {
		t.Fatal(err)
	}
	signature, err := os.ReadFile(sig)
	if err != nil {
		t.Fatal(err)
	}
	if !ed25519.Verify(public, raw, signature) || ed25519.Verify(public, append(raw, ' '), signature) {
		t.Error("the signature is not that of the statement alone")
	}
	if err := sign(sig, raw, sig); err == nil {
		t.Error("a file that is no key signs")
	}
}
