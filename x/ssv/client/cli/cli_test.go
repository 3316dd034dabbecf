package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"

	"github.com/stafiprotocol/stafid/x/ssv"
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

func TestARegistrationIsReadFromAFileAndItsOperatorIsWhoSigns(t *testing.T) {
	keys := newKeyring(t)
	record, err := keys.Key("signer")
	require.NoError(t, err)
	from, err := record.GetAddress()
	require.NoError(t, err)
	encoding := moduletestutil.MakeTestEncodingConfig(ssv.AppModule{})
	proof, err := cli.ProveKey(keys, "signer", request)
	require.NoError(t, err)
	beacon := &types.BeaconKeyProof{Key: bytes.Repeat([]byte{1}, 32), Proof: bytes.Repeat([]byte{2}, 48)}
	registration, err := encoding.Codec.MarshalJSON(&types.MsgRegisterCandidate{
		Submitter: from.String(), Chains: []types.ChainKeyProof{proof}, Beacon: beacon,
	})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "candidate.json")
	require.NoError(t, os.WriteFile(file, registration, 0o600))

	for _, name := range []string{"register-candidate", "update-candidate"} {
		var out bytes.Buffer
		clientCtx := client.Context{}.WithCodec(encoding.Codec).WithInterfaceRegistry(encoding.InterfaceRegistry).
			WithTxConfig(encoding.TxConfig).WithKeyring(keys).WithFromAddress(from).WithFromName("signer").WithOutput(&out).
			WithAccountRetriever(client.MockAccountRetriever{ReturnAccNum: 1, ReturnAccSeq: 1})
		root := &cobra.Command{Use: "tx"}
		root.AddCommand(cli.NewTxCmd())
		root.SetArgs([]string{"ssv", name, file, "--from", from.String(), "--generate-only", "--fees", "1stake", "--chain-id", "stafi-1"})
		root.SetOut(&out)
		require.NoError(t, root.ExecuteContext(context.WithValue(t.Context(), client.ClientContextKey, &clientCtx)))
		tx, err := encoding.TxConfig.TxJSONDecoder()(out.Bytes())
		require.NoError(t, err, out.String())
		operator := sdk.ValAddress(from).String()
		switch msg := tx.GetMsgs()[0].(type) {
		case *types.MsgRegisterCandidate:
			require.Equal(t, operator, msg.Operator)
			require.Equal(t, []types.ChainKeyProof{proof}, msg.Chains)
			require.Equal(t, beacon, msg.Beacon)
		case *types.MsgUpdateCandidate:
			require.Equal(t, operator, msg.Operator)
			require.Equal(t, []types.ChainKeyProof{proof}, msg.Chains)
			require.Equal(t, beacon, msg.Beacon)
		}
	}
}
