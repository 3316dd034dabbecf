package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/server"

	"github.com/stafiprotocol/stafid/app"
	"github.com/stafiprotocol/stafid/x/ssv/beacon"
	"github.com/stafiprotocol/stafid/x/ssv/client/blocks"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// errSeed makes the process exit with 1 after the differences were printed.
var errSeed = errors.New("the record of the round does not agree with the blocks: see the differences above")

const (
	flagRound   = "round"
	flagOffline = "offline"
)

// ssvCommand holds what can be verified of the elections without believing a node.
func ssvCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ssv",
		Short: "Verify what the elections of SSVs depend on",
		RunE:  client.ValidateCmd,
	}
	cmd.AddCommand(verifySeedCommand())
	return cmd
}

func verifySeedCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify-seed ERA",
		Short: "Recompute the seed of an era's election from the blocks; exits with 1 if the record of its round is not true",
		Long: `Recomputes the seed of the election at the end of an era from the chain's blocks, and says of each dealer how its part of the seed came
about. Every dealing that counts, every opening and every decryption is verified again, as are the close, the number of decrypted shares and
the seed. Dealings that the record leaves out are found. Messages that are executed through x/authz count. Exits with 1, naming each
difference, if the record of the round is not true.

The blocks come from a node (--node), or with --offline from the stores of a node in --home that does not run; no state is needed. They must
fit each other, and the results of their transactions the headers. Compare the hash of the last block, which is printed, with a source that
you trust. A node that keeps no results of transactions leaves some things unchecked; a note says which.

The record is what "query ssv seed ERA --output json" prints: from --round, else asked of the node.

What is believed of the record: who the dealers were, with their weights and beacon keys, and when the pool was frozen. Slots, threshold and
quorum are recomputed from the weights. Another dealer, key, slot or threshold would make the dealings invalid, for they are bound to them; a
weight that gives the same slots would not be noticed, and would change nothing. That these dealers are those of the frozen pool is not in
the blocks: it follows from executing them, as every full node does. "query ssv pool ERA" shows the pool of the two newest eras; the heaviest of it
with a beacon key, up to nine tenths of its weight, are the dealers.`,
		Example: fmt.Sprintf(`  %[1]s ssv verify-seed 12 --node tcp://localhost:26657
  %[1]s query ssv seed 12 --output json > round.json
  %[1]s ssv verify-seed 12 --round round.json --offline --home ~/.stafid`, app.Name),
		Args: cobra.ExactArgs(1),
		RunE: runVerifySeed,
	}
	cmd.Flags().String(flagRound, "", "file with the record of the round, instead of asking the node for it")
	cmd.Flags().Bool(flagOffline, false, "read the blocks from the stores in --home instead of asking a node; the node must not run")
	flags.AddQueryFlagsToCmd(cmd)
	return cmd
}

func runVerifySeed(cmd *cobra.Command, args []string) error {
	era, err := strconv.ParseUint(args[0], 10, 64)
	if err != nil || era == 0 {
		return fmt.Errorf("era %q: want a number above 0", args[0])
	}
	clientCtx, err := client.GetClientQueryContext(cmd)
	if err != nil {
		return err
	}
	record, err := roundRecord(cmd, clientCtx, era)
	if err != nil {
		return err
	}
	source, closeSource, err := blockSource(cmd, clientCtx)
	if err != nil {
		return err
	}
	report, reader, err := verifySeed(cmd.Context(), record, source)
	if err = errors.Join(err, closeSource()); err != nil {
		return err
	}
	if err := report.Write(cmd.OutOrStdout()); err != nil {
		return err
	}
	if last := reader.Last(); last != nil {
		cmd.Printf("last block read: %d, hash %X\n", last.Height, last.Header.Hash())
	}
	if !report.OK() {
		return errSeed
	}
	return nil
}

func verifySeed(ctx context.Context, record beacon.Record, source blocks.Source) (beacon.Report, *blocks.Reader, error) {
	head, err := source.Head(ctx)
	if err != nil {
		return beacon.Report{}, nil, err
	}
	reader := blocks.NewReader(source, head)
	from, to := beacon.Span(record, head)
	report, err := beacon.Verify(record, reader.Blocks(ctx, from, to), head)
	return report, reader, err
}

// roundRecord reads the record from a file, or asks the node.
func roundRecord(cmd *cobra.Command, clientCtx client.Context, era uint64) (beacon.Record, error) {
	var record beacon.Record
	file, err := cmd.Flags().GetString(flagRound)
	if err != nil {
		return record, err
	}
	offline, err := cmd.Flags().GetBool(flagOffline)
	if err != nil {
		return record, err
	}
	switch {
	case file != "":
		raw, err := os.ReadFile(file)
		if err != nil {
			return record, err
		}
		if err := clientCtx.Codec.UnmarshalJSON(raw, &record); err != nil {
			return record, fmt.Errorf("%s: %w", file, err)
		}
	case offline:
		return record, fmt.Errorf("--%s needs --%s: there is no node to ask for the record", flagOffline, flagRound)
	default:
		answer, err := ssvtypes.NewQueryClient(clientCtx).Seed(cmd.Context(), &ssvtypes.QuerySeedRequest{Era: era})
		if err != nil {
			return record, err
		}
		record = *answer
	}
	if record.Round.Era != era {
		return record, fmt.Errorf("the record is of era %d, want %d", record.Round.Era, era)
	}
	return record, nil
}

func blockSource(cmd *cobra.Command, clientCtx client.Context) (blocks.Source, func() error, error) {
	offline, err := cmd.Flags().GetBool(flagOffline)
	if err != nil {
		return nil, nil, err
	}
	if offline {
		home, err := blocks.OpenHome(server.GetServerContextFromCmd(cmd).Config)
		if err != nil {
			return nil, nil, err
		}
		return home, home.Close, nil
	}
	node, err := clientCtx.GetNode()
	if err != nil {
		return nil, nil, err
	}
	return blocks.NewNode(node), func() error { return nil }, nil
}
