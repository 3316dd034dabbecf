package ethereum

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every test that the README names exists somewhere in the packages that it names.
func TestTheTestsThatTheReadmeNamesExist(t *testing.T) {
	exist := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, dir := range []string{
		".", "beacon", "execution", "../../x/multisig/vault/ethereum", "../../x/multisig/keeper", "../../contracts/ethereum/deposit",
	} {
		files, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*_test.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files, dir)
		for _, file := range files {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, found := range declared.FindAllSubmatch(raw, -1) {
				exist[string(found[1])] = true
			}
		}
	}
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`(Test[^`]*)`").FindAllSubmatch(readme, -1)
	require.Greater(t, len(named), 40)
	for _, name := range named {
		require.True(t, exist[string(name[1])], "%s", name[1])
	}
}
