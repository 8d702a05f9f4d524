package bedrocktest

import (
	"cmp"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Environ is the environment in which another process that uses an AWS SDK
// calls this server and knows no other credentials: this process's environment
// without its AWS_ variables, and with those that name the endpoint, region
// and credentials. AWS_CA_BUNDLE points to a file with the server's certificate
// that is there until Close. A server of [NewPipeServer] can't be called from
// outside.
func (s *Server) Environ() ([]string, error) {
	if s.pipe != nil {
		return nil, errors.New("bedrocktest: another process can't reach a server made by NewPipeServer")
	}
	bundle, err := s.writeCertificate()
	if err != nil {
		return nil, fmt.Errorf("bedrocktest: writing the server's certificate: %w", err)
	}
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AWS_") {
			env = append(env, variable)
		}
	}
	env = append(env,
		"AWS_ENDPOINT_URL_BEDROCK_RUNTIME="+s.URL,
		"AWS_CA_BUNDLE="+bundle,
		"AWS_REGION="+cmp.Or(s.Region, defaultRegion),
		"AWS_ACCESS_KEY_ID="+s.Credentials.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY="+s.Credentials.SecretAccessKey,
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
	)
	if s.Credentials.SessionToken != "" {
		env = append(env, "AWS_SESSION_TOKEN="+s.Credentials.SessionToken)
	}
	return env, nil
}

// writeCertificate returns the file's path.
func (s *Server) writeCertificate() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" {
		dir, err := os.MkdirTemp("", "bedrocktest")
		if err != nil {
			return "", err
		}
		s.dir = dir
	}
	bundle := filepath.Join(s.dir, "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.http.Certificate().Raw})
	return bundle, os.WriteFile(bundle, certificate, 0o600)
}

// removeCertificate leaves behind what the system doesn't let it remove, a
// public certificate among the temporary files.
func (s *Server) removeCertificate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir != "" {
		os.RemoveAll(s.dir)
	}
}
