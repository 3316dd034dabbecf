package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	gateway "github.com/cosmos/gogogateway"
	"github.com/cosmos/gogoproto/proto"
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"

	"github.com/stafiprotocol/stafid/relayer/rpcapi"
	"github.com/stafiprotocol/stafid/relayer/rpcclient"
)

// rpcCommand holds what a staker does with members' services (protocol §15).
func rpcCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "rpc", Short: "Ask the services of a committee's members", RunE: client.ValidateCmd}
	cmd.AddCommand(rpcCall())
	return cmd
}

// rpcFlags are those of every call.
type rpcFlags struct {
	endpoint string
	contract uint64
	prove    bool
	origin   int64
}

func rpcCall() *cobra.Command {
	var f rpcFlags
	cmd := &cobra.Command{
		Use:   "call (member | heads | vault | deposit TX_HASH INDEX | redemption ID | solvency)",
		Short: "Ask a member, and sign a receipt for the call with --from",
		Long: `Asks a member of a contract's committee. With --from, each call carries a receipt that this account signs: it says how many calls were made
of this member in this era, and earns the member its points. It moves no money. The counts are kept in rpc/counts.json under the home directory.`,
		Example: `  stafid rpc call vault --endpoint https://rpc.example:9990 --contract 1 --from alice
  stafid rpc call deposit 0B5C…91 0 --endpoint https://rpc.example:9990 --contract 1 --prove`,
		Args: cobra.RangeArgs(1, 3),
		RunE: func(cmd *cobra.Command, args []string) error { return f.call(cmd, args) },
	}
	cmd.Flags().StringVar(&f.endpoint, "endpoint", "", "the member's registered endpoint: http://host:port, https://host:port with TLS")
	cmd.Flags().Uint64Var(&f.contract, "contract", 1, "contract that the call is about")
	cmd.Flags().BoolVar(&f.prove, "prove", false, "ask for proofs (deposit, redemption)")
	cmd.Flags().Int64Var(&f.origin, "origin-height", 0, "block of the original chain that has the deposit, where it is not recorded yet")
	cmd.Flags().String(flags.FlagFrom, "", "key that signs receipts; empty: none are sent")
	cmd.Flags().String(flags.FlagChainID, "", "id of this chain")
	cmd.Flags().String(flags.FlagKeyringBackend, flags.DefaultKeyringBackend, "os, file or test")
	cmd.Flags().String(flags.FlagKeyringDir, "", "directory of the keyring (default: the home)")
	_ = cmd.MarkFlagRequired("endpoint")
	return cmd
}

func (f rpcFlags) call(cmd *cobra.Command, args []string) error {
	clientCtx, err := client.GetClientQueryContext(cmd)
	if err != nil {
		return err
	}
	signer, err := rpcSigner(cmd, clientCtx)
	if err != nil {
		return err
	}
	if signer != nil && clientCtx.ChainID == "" {
		return errors.New("a receipt names this chain: give --chain-id")
	}
	caller, err := rpcclient.Dial(f.endpoint, rpcclient.Options{
		ChainID: clientCtx.ChainID, Contract: f.contract, Signer: signer,
		Counts: rpcclient.NewFileCounts(filepath.Join(clientCtx.HomeDir, "rpc", "counts.json")),
	})
	if err != nil {
		return err
	}
	defer func() { _ = caller.Close() }()
	answer, err := f.ask(cmd, caller, args)
	if outcome := caller.Outcome(); outcome.Status != "" {
		cmd.PrintErrf("receipt: %s; the member holds a count of %s\n", outcome.Status, outcome.Calls)
	}
	if err != nil {
		return err
	}
	raw, err := (&gateway.JSONPb{OrigName: true, EmitDefaults: true}).Marshal(answer)
	if err != nil {
		return err
	}
	var pretty any
	if err := json.Unmarshal(raw, &pretty); err != nil {
		return err
	}
	encoder := json.NewEncoder(cmd.OutOrStdout())
	encoder.SetIndent("", "  ")
	return encoder.Encode(pretty)
}

func (f rpcFlags) ask(cmd *cobra.Command, caller *rpcclient.Client, args []string) (proto.Message, error) {
	ctx := cmd.Context()
	wanted := map[string]int{"deposit": 3, "redemption": 2}[args[0]]
	if len(args) != max(wanted, 1) {
		return nil, fmt.Errorf("%s takes %d arguments, got %d", args[0], max(wanted, 1)-1, len(args)-1)
	}
	switch args[0] {
	case "member":
		return caller.Member(ctx, &rpcapi.MemberRequest{})
	case "heads":
		return caller.Heads(ctx, &rpcapi.HeadsRequest{})
	case "vault":
		return caller.Vault(ctx, &rpcapi.VaultRequest{Contract: f.contract})
	case "solvency":
		return caller.Solvency(ctx, &rpcapi.SolvencyRequest{Contract: f.contract})
	case "redemption":
		id, err := strconv.ParseUint(args[1], 10, 64)
		if err != nil {
			return nil, err
		}
		return caller.Redemption(ctx, &rpcapi.RedemptionRequest{Id: id, Prove: f.prove})
	case "deposit":
		index, err := strconv.ParseUint(args[2], 10, 32)
		if err != nil {
			return nil, err
		}
		return caller.Deposit(ctx, &rpcapi.DepositRequest{
			Contract: f.contract, TxHash: args[1], Index: uint32(index), Prove: f.prove, OriginHeight: f.origin,
		})
	}
	return nil, fmt.Errorf("%q is none of member, heads, vault, deposit, redemption, solvency", args[0])
}

// rpcSigner signs with the key that --from names; nil where it names none.
func rpcSigner(cmd *cobra.Command, clientCtx client.Context) (*rpcclient.Signer, error) {
	from, err := cmd.Flags().GetString(flags.FlagFrom)
	if err != nil || from == "" {
		return nil, err
	}
	record, err := keyOf(clientCtx.Keyring, from)
	if err != nil {
		return nil, err
	}
	found, err := record.GetPubKey()
	if err != nil {
		return nil, err
	}
	public, ok := found.(*secp256k1.PubKey)
	if !ok {
		return nil, fmt.Errorf("key %q is a %s key, want secp256k1", from, found.Type())
	}
	return &rpcclient.Signer{PubKey: public.Key, Sign: func(signBytes []byte) ([]byte, error) {
		signature, _, err := clientCtx.Keyring.Sign(record.Name, signBytes, signing.SignMode_SIGN_MODE_DIRECT)
		return signature, err
	}}, nil
}

func keyOf(ring keyring.Keyring, name string) (*keyring.Record, error) {
	if ring == nil {
		return nil, errors.New("no keyring: give --keyring-backend")
	}
	record, err := ring.Key(name)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	return record, nil
}
