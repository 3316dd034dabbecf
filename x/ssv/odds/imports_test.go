package odds_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const oddsPath = `"github.com/stafiprotocol/stafid/x/ssv/odds"`

// mayCompute says whether a file may import floating point: tests, queries, commands and this package.
func mayCompute(path string) bool {
	name := filepath.Base(path)
	return strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "query_") ||
		strings.HasPrefix(path, "x/ssv/odds/") || strings.HasPrefix(path, "x/ssv/client/") ||
		strings.HasPrefix(path, "cmd/") || strings.HasPrefix(path, "scripts/")
}

func TestOnlyQueriesAndCommandsComputeInFloatingPoint(t *testing.T) {
	const root = "../../.."
	seen := 0
	for _, top := range []string{"app", "cmd", "relayer", "scripts", "x"} {
		err := fs.WalkDir(os.DirFS(root), top, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
				return err
			}
			seen++
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.ImportsOnly)
			if err != nil {
				return nil // another test's business
			}
			for _, spec := range file.Imports {
				if spec.Path.Value == oddsPath && !mayCompute(path) {
					t.Errorf("%s imports %s", path, oddsPath)
				}
			}
			return nil
		})
		require.NoError(t, err)
	}
	require.Greater(t, seen, 100, "the checkout was walked")
}
