package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	"github.com/cosmos/cosmos-sdk/version"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

const (
	flagKey      = "key"
	flagOperator = "operator"
	flagEndpoint = "endpoint"
)

func newProveKeyCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "prove-key CHAIN_ID --key NAME --operator VALOPER",
		Short: "Print a signer key for an original chain with its proof of possession",
		Long: "Print the signer key of the keyring for an original chain with its proof of possession, as register-candidate takes it.\n" +
			"Nothing is sent. CHAIN_ID is the original chain's; --chain-id is this chain's.",
		Example: fmt.Sprintf(
			"%s tx ssv prove-key cosmoshub-4 --key signer --operator stafivaloper1... --endpoint https://ssv.example.org", version.AppName,
		),
		Args: cobra.ExactArgs(1),
		RunE: runProveKey,
	}
	cmd.Flags().String(flagKey, "", "Name of the signer key in the keyring")
	cmd.Flags().String(flagOperator, "", "Operator address of the validator that registers the key")
	cmd.Flags().String(flagEndpoint, "", "Public URL of the RPC service for that chain; may be empty")
	cmd.Flags().String(flags.FlagChainID, "", "This chain's id")
	flags.AddKeyringFlags(cmd.Flags())
	_ = cmd.MarkFlagRequired(flagKey)
	_ = cmd.MarkFlagRequired(flagOperator)
	return cmd
}

func runProveKey(cmd *cobra.Command, args []string) error {
	clientCtx, err := client.GetClientTxContext(cmd)
	if err != nil {
		return err
	}
	if clientCtx.ChainID == "" {
		return fmt.Errorf("this chain's id is not known: give --%s", flags.FlagChainID)
	}
	name, _ := cmd.Flags().GetString(flagKey)
	operator, _ := cmd.Flags().GetString(flagOperator)
	endpoint, _ := cmd.Flags().GetString(flagEndpoint)
	if _, err := sdk.ValAddressFromBech32(operator); err != nil {
		return fmt.Errorf("operator %q: %w", operator, err)
	}
	proof, err := ProveKey(clientCtx.Keyring, name, ProofRequest{
		ChainID: clientCtx.ChainID, Operator: operator, OriginalChainID: args[0], Endpoint: endpoint,
	})
	if err != nil {
		return err
	}
	return clientCtx.WithOutputFormat(flags.OutputFormatJSON).PrintProto(&proof)
}

// ProofRequest is what a proof of possession binds a key to. ChainID is this chain's; Endpoint is not bound and may be empty.
type ProofRequest struct {
	ChainID, Operator, OriginalChainID, Endpoint string
}

// ProveKey signs a proof of possession (protocol §4) with the secp256k1 key of that name in the keyring.
func ProveKey(keys keyring.Keyring, name string, request ProofRequest) (types.ChainKeyProof, error) {
	record, err := keys.Key(name)
	if err != nil {
		return types.ChainKeyProof{}, err
	}
	public, err := record.GetPubKey()
	if err != nil {
		return types.ChainKeyProof{}, err
	}
	if _, ok := public.(*secp256k1.PubKey); !ok {
		return types.ChainKeyProof{}, fmt.Errorf("key %s is %s, want secp256k1", name, public.Type())
	}
	key := types.ChainKey{ChainId: request.OriginalChainID, Signer: public.Bytes(), Endpoint: request.Endpoint}
	if err := key.Validate(); err != nil {
		return types.ChainKeyProof{}, err
	}
	message := types.ProofBytes(request.ChainID, request.Operator, request.OriginalChainID, key.Signer)
	signature, _, err := keys.Sign(name, message, signing.SignMode_SIGN_MODE_DIRECT)
	if err != nil {
		return types.ChainKeyProof{}, err
	}
	proof := types.ChainKeyProof{Key: key, Proof: signature}
	return proof, types.VerifyProof(request.ChainID, request.Operator, key, signature)
}
