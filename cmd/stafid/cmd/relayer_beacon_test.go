package cmd_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/cmd/stafid/cmd"
	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

// run executes stafid and returns what it printed.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := cmd.NewRoot()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&out)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestInitMakesABeaconKeyOnceAndItsProofHoldsForOneChainAndOperator(t *testing.T) {
	home := t.TempDir()
	out, err := run(t, "relayer", "init", "--chain-id", "stafi-1", "--home", home)
	require.NoError(t, err, out)
	require.Contains(t, out, "made beacon key")
	file := filepath.Join(home, "relayer", "beacon_key.json")
	before, err := os.ReadFile(file)
	require.NoError(t, err)

	out, err = run(t, "relayer", "init", "--chain-id", "stafi-1", "--home", home, "--overwrite")
	require.NoError(t, err, out)
	require.Contains(t, out, "kept beacon key")
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)

	operator := sdk.ValAddress(bytes.Repeat([]byte{7}, 20)).String()
	out, err = run(t, "relayer", "prove-beacon", "--operator", operator, "--home", home)
	require.NoError(t, err, out)
	var beacon struct{ Key, Proof []byte }
	require.NoError(t, json.Unmarshal([]byte(out), &beacon), out)
	key, err := pvss.ParsePublicKey(beacon.Key)
	require.NoError(t, err)
	proof, err := pvss.ParseProof(beacon.Proof)
	require.NoError(t, err)
	require.NoError(t, pvss.VerifyPossession("stafi-1", operator, key, proof))
	require.ErrorIs(t, pvss.VerifyPossession("stafi-2", operator, key, proof), pvss.ErrPossession)
	require.ErrorIs(t, pvss.VerifyPossession("stafi-1", operator+"x", key, proof), pvss.ErrPossession)

	_, err = run(t, "relayer", "prove-beacon", "--operator", "stafi1nobody", "--home", home)
	require.ErrorContains(t, err, `operator "stafi1nobody"`)
}

func TestAnotherBeaconKeyIsMadeInAnotherFileOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "next.json")
	out, err := run(t, "relayer", "new-beacon-key", file)
	require.NoError(t, err, out)
	_, err = run(t, "relayer", "new-beacon-key", file)
	require.ErrorContains(t, err, "never overwritten")
}
