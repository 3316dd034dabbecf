package cli

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/version"

	"github.com/stafiprotocol/stafid/x/stakingcontract/claim"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const combineClaimHelp = `Claim an UNMATCHED deposit that a multisig account of a Cosmos chain sent, with signatures of as many of its members as its threshold wants.

Each member signs the text that "%[1]s query %[2]s claim-text" prints, with a wallet's signArbitrary (ADR-36) and its own account on the original
chain, and saves what the wallet answers:

{"pub_key": {"type": "tendermint/PubKeySecp256k1", "value": "<base64 of 33 bytes>"}, "signature": "<base64 of 64 bytes>"}

The multisig's key is what the original chain's node prints, as "gaiad keys show treasury --pubkey" does:

{"@type": "/cosmos.crypto.multisig.LegacyAminoPubKey", "threshold": 2, "public_keys": [{"@type": "/cosmos.crypto.secp256k1.PubKey", "key": "..."}, ...]}

The claim is verified as the chain does it before it is sent; whoever sends it needs to be no member. With --generate-only it is printed.`

func newCombineClaimCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "combine-claim [contract] [tx-hash] [index] [recipient] [multisig-key-file] [signature-file]...",
		Short: "Claim an UNMATCHED deposit of a multisig account with its members' signatures over its claim-text",
		Long:  fmt.Sprintf(combineClaimHelp, version.AppName, types.ModuleName),
		Example: fmt.Sprintf("%[1]s query %[2]s claim-text 1 8F2A… 0 stafi1…\n%[1]s tx %[2]s combine-claim 1 8F2A… 0 stafi1… treasury.json alice.json bob.json --from anyone",
			version.AppName, types.ModuleName),
		Args: cobra.MinimumNArgs(6),
		RunE: func(cmd *cobra.Command, args []string) error {
			clientCtx, err := client.GetClientTxContext(cmd)
			if err != nil {
				return err
			}
			combiner := Combiner{Codec: clientCtx.Codec, Query: types.NewQueryClient(clientCtx), ChainID: clientCtx.ChainID}
			msg, err := combiner.Claim(cmd.Context(), args)
			if err != nil {
				return err
			}
			msg.Claimer = clientCtx.GetFromAddress().String()
			return tx.GenerateOrBroadcastTxCLI(clientCtx, cmd.Flags(), msg)
		},
	}
	flags.AddTxFlagsToCmd(cmd)
	return cmd
}

// Combiner makes claims of what multisigs' members signed.
type Combiner struct {
	Codec codec.Codec
	Query types.QueryClient
	// ChainID of this chain.
	ChainID string
}

// Claim is the claim of the command's arguments, without a claimer. It is verified as the chain does.
func (c Combiner) Claim(ctx context.Context, args []string) (*types.MsgClaimDeposit, error) {
	msg, err := readDeposit(args[:4])
	if err != nil {
		return nil, err
	}
	key, err := c.readKey(args[4])
	if err != nil {
		return nil, err
	}
	signatures := make([]claim.MemberSignature, len(args)-5)
	for i, file := range args[5:] {
		if signatures[i], err = readSignature(file); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if msg.PublicKey, err = key.Marshal(); err != nil {
		return nil, err
	}
	if msg.Signature, err = claim.Combine(key, signatures); err != nil {
		return nil, err
	}
	return msg, c.verify(ctx, msg)
}

func readDeposit(args []string) (*types.MsgClaimDeposit, error) {
	contract, err := strconv.ParseUint(args[0], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	hash, err := hex.DecodeString(args[1])
	if err != nil {
		return nil, fmt.Errorf("tx-hash: %w", err)
	}
	index, err := strconv.ParseUint(args[2], 10, 32)
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	return &types.MsgClaimDeposit{Contract: contract, TxHash: hash, Index: uint32(index), Recipient: args[3]}, nil
}

func (c Combiner) readKey(file string) (*multisig.LegacyAminoPubKey, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the user names it.
	if err != nil {
		return nil, err
	}
	var key cryptotypes.PubKey
	if err := c.Codec.UnmarshalInterfaceJSON(data, &key); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	whole, ok := key.(*multisig.LegacyAminoPubKey)
	if !ok {
		return nil, fmt.Errorf("%s: found a key of type %s, wanted a multisig's", file, key.Type())
	}
	return whole, nil
}

// readSignature reads what a wallet's signArbitrary answers.
func readSignature(file string) (claim.MemberSignature, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the user names it.
	if err != nil {
		return claim.MemberSignature{}, err
	}
	var signed struct {
		PubKey struct {
			Type  string `json:"type"`
			Value []byte `json:"value"`
		} `json:"pub_key"`
		Signature []byte `json:"signature"`
	}
	if err := json.Unmarshal(data, &signed); err != nil {
		return claim.MemberSignature{}, err
	}
	if signed.PubKey.Type != aminoKey {
		return claim.MemberSignature{}, fmt.Errorf("found a key of type %q, wanted %q", signed.PubKey.Type, aminoKey)
	}
	return claim.MemberSignature{Key: signed.PubKey.Value, Signature: signed.Signature}, nil
}

// aminoKey is how wallets name a secp256k1 key.
const aminoKey = "tendermint/PubKeySecp256k1"

// verify asks the chain for the deposit and checks the claim as the chain will.
func (c Combiner) verify(ctx context.Context, msg *types.MsgClaimDeposit) error {
	answer, err := c.Query.Contract(ctx, &types.QueryContractRequest{Id: msg.Contract})
	if err != nil {
		return err
	}
	contract := answer.Info.Contract
	if contract.Cosmos == nil {
		return fmt.Errorf("contract %d is of %s, wanted one of a Cosmos chain: elsewhere no multisig claims", contract.Id, contract.ChainId)
	}
	asked, err := c.Query.ClaimText(ctx, &types.QueryClaimTextRequest{
		Contract: msg.Contract, TxHash: hex.EncodeToString(msg.TxHash), Index: msg.Index, Recipient: msg.Recipient,
	})
	if err != nil {
		return err
	}
	d := claim.Deposit{ChainID: c.ChainID, Contract: msg.Contract, TxHash: msg.TxHash, Index: msg.Index, Recipient: msg.Recipient}
	if d.Text() != asked.Text {
		return fmt.Errorf("the claim's text is %q, wanted the chain's %q", d.Text(), asked.Text)
	}
	return claim.SchemeOf(contract).Verify(d, asked.Signer, msg.PublicKey, msg.Signature, func() {})
}
