package localnet

import (
	"encoding/json"
	"fmt"

	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/stafiprotocol/stafid/app"
)

// funded is an account and what it owns at genesis.
type funded struct {
	address string
	coins   sdk.Coins
}

// genesis builds the network's genesis: defaults, the preset, balances and the validators' genesis transactions.
func (g *generator) genesis() (*genutiltypes.AppGenesis, error) {
	cdc, state := g.chain.Encoding().Codec, g.chain.DefaultGenesis()
	if err := g.fund(cdc, state); err != nil {
		return nil, err
	}
	if g.Preset != nil {
		if err := g.Preset(cdc, state); err != nil {
			return nil, err
		}
	}
	if g.Committee != nil {
		if err := g.nameCommittee(cdc, state); err != nil {
			return nil, err
		}
	}
	genutiltypes.SetGenesisStateInAppState(cdc, state, genutiltypes.NewGenesisState(g.gentxs))
	if err := g.chain.Basics().ValidateGenesis(cdc, g.chain.Encoding().TxConfig, state); err != nil {
		return nil, err
	}
	raw, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return nil, err
	}
	genesis := genutiltypes.NewAppGenesisWithVersion(g.ChainID, raw)
	genesis.GenesisTime = g.start
	genesis.InitialHeight = 1
	genesis.Consensus.Params = app.ConsensusParams()
	return genesis, genesis.ValidateAndComplete()
}

func (g *generator) fund(cdc codec.JSONCodec, state map[string]json.RawMessage) error {
	accounts := make(authtypes.GenesisAccounts, 0, len(g.funded))
	balances := make([]banktypes.Balance, 0, len(g.funded))
	for _, entry := range g.funded {
		address, err := sdk.AccAddressFromBech32(entry.address)
		if err != nil {
			return err
		}
		accounts = append(accounts, authtypes.NewBaseAccountWithAddress(address))
		balances = append(balances, banktypes.Balance{Address: entry.address, Coins: entry.coins.Sort()})
	}
	packed, err := authtypes.PackAccounts(authtypes.SanitizeGenesisAccounts(accounts))
	if err != nil {
		return err
	}
	err = Edit(cdc, state, authtypes.ModuleName, func(auth *authtypes.GenesisState) { auth.Accounts = packed })
	if err != nil {
		return err
	}
	return Edit(cdc, state, banktypes.ModuleName, func(bank *banktypes.GenesisState) {
		bank.Balances = banktypes.SanitizeGenesisBalances(balances)
		bank.DenomMetadata = []banktypes.Metadata{bondMetadata()}
	})
}

func bondMetadata() banktypes.Metadata {
	return banktypes.Metadata{
		Description: "The staking token of StaFi",
		DenomUnits: []*banktypes.DenomUnit{
			{Denom: app.BondDenom, Exponent: 0},
			{Denom: app.DisplayDenom, Exponent: app.DisplayExponent},
		},
		Base: app.BondDenom, Display: app.DisplayDenom, Name: "FIS", Symbol: "FIS",
	}
}

// Edit decodes a module's genesis, lets edit change it, and puts it back.
func Edit[T any, P interface {
	*T
	proto.Message
}](cdc codec.JSONCodec, state map[string]json.RawMessage, module string, edit func(P)) error {
	raw, known := state[module]
	if !known {
		return fmt.Errorf("genesis has no module %s", module)
	}
	decoded := P(new(T))
	if err := cdc.UnmarshalJSON(raw, decoded); err != nil {
		return fmt.Errorf("genesis of %s: %w", module, err)
	}
	edit(decoded)
	encoded, err := cdc.MarshalJSON(decoded)
	if err != nil {
		return fmt.Errorf("genesis of %s: %w", module, err)
	}
	state[module] = encoded
	return nil
}
