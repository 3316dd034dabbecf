package cli_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/client/cli"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func newKeyring(t *testing.T) keyring.Keyring {
	t.Helper()
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	keys := keyring.NewInMemory(codec.NewProtoCodec(registry))
	_, _, err := keys.NewMnemonic("signer", keyring.English, sdk.FullFundraiserPath, "", hd.Secp256k1)
	require.NoError(t, err)
	return keys
}

var request = cli.ProofRequest{
	ChainID: "stafi-1", Operator: "stafivaloper1x", OriginalChainID: "cosmoshub-4", Endpoint: "https://ssv.example.org",
}

func TestAProofFromTheKeyringIsOneThatTheChainAccepts(t *testing.T) {
	proof, err := cli.ProveKey(newKeyring(t), "signer", request)
	require.NoError(t, err)
	require.NoError(t, types.VerifyProof("stafi-1", "stafivaloper1x", proof.Key, proof.Proof))
	require.ErrorIs(t, types.VerifyProof("stafi-2", "stafivaloper1x", proof.Key, proof.Proof), types.ErrInvalidProof)
	require.Equal(t, "https://ssv.example.org", proof.Key.Endpoint)
}

func TestAKeyThatTheKeyringDoesNotHaveIsNotProved(t *testing.T) {
	_, err := cli.ProveKey(newKeyring(t), "other", request)
	require.ErrorContains(t, err, "other")
}

func TestEveryCommandThatAutocliLeavesOutIsThere(t *testing.T) {
	var names []string
	for _, command := range cli.NewTxCmd().Commands() {
		names = append(names, command.Name())
	}
	require.ElementsMatch(t, []string{"prove-key", "register-candidate", "update-candidate"}, names)
}
