package media

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// maxName is the limit of DocumentBlock's name in the API Reference.
const maxName = 200

// DocumentName makes a name that Bedrock takes: ASCII letters and digits, single spaces
// and -_()[]. Anything else becomes a space; of nothing it makes "document". The
// documentation doesn't list the underscore; recorded requests show that it is taken.
//
// A name in another script, of which no letter is left, gets four digits of its hash, so
// that several of them differ in all messages, and each is the same in all of them.
func DocumentName(name string) string {
	if validName(name) {
		return name
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return !inName(r) })
	kept, suffix := strings.Join(words, " "), ""
	if !strings.ContainsFunc(kept, unicode.IsLetter) && strings.ContainsFunc(name, isForeign) {
		sum := sha256.Sum256([]byte(name))
		suffix = fmt.Sprintf(" %x", sum[:2])
	}
	if kept == "" {
		kept = "document"
	}
	return shortened(kept, maxName-len(suffix)) + suffix
}

// isForeign reports whether a name says less without the rune.
func isForeign(r rune) bool {
	return r > unicode.MaxASCII && !unicode.IsSpace(r) && !unicode.IsPunct(r)
}

func shortened(name string, length int) string {
	return strings.TrimRight(name[:min(len(name), length)], " ")
}

func inName(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_()[]", r)
}

func validName(name string) bool {
	return name != "" && len(name) <= maxName && name == strings.TrimSpace(name) && !strings.Contains(name, "  ") &&
		!strings.ContainsFunc(name, func(r rune) bool { return r != ' ' && !inName(r) })
}

// BaseName is the name of a file without folder and extension.
func BaseName(path string) string {
	base := filepath.Base(path)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// NumberDocuments makes the names of documents differ. It changes copies, as the blocks
// and their list are the caller's.
func NumberDocuments(content []types.ContentBlock) []types.ContentBlock {
	var few [5]string // what Bedrock takes in a request
	taken, cloned := few[:0], false
	for i, block := range content {
		doc, ok := block.(*types.ContentBlockMemberDocument)
		if !ok || doc == nil {
			continue
		}
		name := aws.ToString(doc.Value.Name)
		unique := numbered(name, taken)
		if taken = append(taken, unique); unique == name {
			continue
		}
		if !cloned {
			content, cloned = slices.Clone(content), true
		}
		renamed := *doc
		renamed.Value.Name = aws.String(unique)
		content[i] = &renamed
	}
	return content
}

// numbered returns the name, with a number if it is taken: "report (2)". Letter case makes
// no difference.
func numbered(name string, taken []string) string {
	unique := name
	for n := 2; contains(taken, unique); n++ {
		suffix := fmt.Sprintf(" (%d)", n)
		unique = shortened(name, maxName-len(suffix)) + suffix
	}
	return unique
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
