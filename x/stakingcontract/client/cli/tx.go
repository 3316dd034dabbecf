// Package cli holds the commands of x/stakingcontract that autocli can't say: the one that combines
// what a multisig's members signed.
package cli

import (
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// NewTxCmd returns the module's transaction commands; autocli adds the others.
func NewTxCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:                        types.ModuleName,
		Short:                      "Staking contracts: claim deposits, redeem rTokens, propose contracts",
		DisableFlagParsing:         true,
		SuggestionsMinimumDistance: 2,
		RunE:                       client.ValidateCmd,
	}
	cmd.AddCommand(newCombineClaimCmd())
	return cmd
}
