// Package cli holds the commands of x/ssv that autocli can't say: those that take proofs of possession, and the one that makes
// them.
package cli

import (
	"fmt"
	"os"

	"github.com/cosmos/gogoproto/proto"
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/version"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// NewTxCmd returns the module's transaction commands; autocli adds the others.
func NewTxCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:                        types.ModuleName,
		Short:                      "SSV candidates: register, heartbeat, resign",
		DisableFlagParsing:         true,
		SuggestionsMinimumDistance: 2,
		RunE:                       client.ValidateCmd,
	}
	cmd.AddCommand(newRegisterCmd(), newUpdateCmd(), newProveKeyCmd())
	return cmd
}

const registrationHelp = `FILE is JSON with the submitter, what "relayer prove-beacon" prints, and for every original chain served what prove-key prints:

{
  "submitter": "stafi1...",
  "beacon": {"key": "<base64 of 32 bytes>", "proof": "<base64 of 48 bytes>"},
  "chains": [
    {"key": {"chain_id": "cosmoshub-4", "signer": "<base64>", "endpoint": "https://..."}, "proof": "<base64>"}
  ]
}

The operator is the validator of the account that signs. %s`

func newRegisterCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "register-candidate FILE",
		Short: "Register the validator as an SSV candidate",
		Long: "Register the validator as an SSV candidate.\n\n" +
			fmt.Sprintf(registrationHelp, "A beacon key deals for the seed from the next era on; it must not have been registered before."),
		Example: fmt.Sprintf("%s tx ssv register-candidate candidate.json --from operator", version.AppName),
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			msg := &types.MsgRegisterCandidate{}
			return broadcast(cmd, args[0], msg, func(operator string) { msg.Operator = operator })
		},
	}
	flags.AddTxFlagsToCmd(cmd)
	return cmd
}

func newUpdateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "update-candidate FILE",
		Short: "Replace a candidate's submitter, beacon key and chain keys",
		Long: "Replace a candidate's submitter, beacon key and chain keys. Keys pinned in a committee stay in use until it hands over.\n\n" +
			fmt.Sprintf(registrationHelp, `Leave "beacon" out to keep the beacon key; a new one deals from the next era on, the old one until then.`),
		Example: fmt.Sprintf("%s tx ssv update-candidate candidate.json --from operator", version.AppName),
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			msg := &types.MsgUpdateCandidate{}
			return broadcast(cmd, args[0], msg, func(operator string) { msg.Operator = operator })
		},
	}
	flags.AddTxFlagsToCmd(cmd)
	return cmd
}

type message interface {
	sdk.Msg
	proto.Message
}

// broadcast reads a message from a JSON file, makes the account that signs its operator, and sends it.
func broadcast(cmd *cobra.Command, file string, msg message, setOperator func(string)) error {
	clientCtx, err := client.GetClientTxContext(cmd)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := clientCtx.Codec.UnmarshalJSON(data, msg); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	setOperator(sdk.ValAddress(clientCtx.GetFromAddress()).String())
	return tx.GenerateOrBroadcastTxCLI(clientCtx, cmd.Flags(), msg)
}
