package app_test

import (
	"encoding/json"
	"math/rand"
	"slices"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/app"
)

const (
	testChainID = "stafi-test-1"
	blockTime   = time.Second
	// selfBond of each validator in ufis: 100,000 FIS.
	selfBond = 100_000_000_000
)

var genesisTime = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// chain drives an app as CometBFT would, and keeps the validator sets that CometBFT would have.
type chain struct {
	t   testing.TB
	app *app.App
	// operators are the validators' account keys, submitters their relayers', stakers others with funds.
	operators, submitters, stakers []cryptotypes.PrivKey
	// last signed the last block, current makes the next one, next the one after that.
	last, current, next *cmttypes.ValidatorSet
	// validators are those that a genesis names; InitChain compares them with the app's.
	validators []abci.ValidatorUpdate
	height     int64
	time       time.Time
	appHash    []byte
}

type genesisEdit func(*app.App, map[string]json.RawMessage)

// newChain starts a chain of n equal validators; the same arguments give the same chain.
func newChain(t testing.TB, n int, edits ...genesisEdit) *chain {
	t.Helper()
	return newChainOf(t, newApp(), n, edits...)
}

// newChainOf starts a chain on an app that was built with options of its own.
func newChainOf(t testing.TB, wired *app.App, n int, edits ...genesisEdit) *chain {
	t.Helper()
	c := &chain{t: t, app: wired, time: genesisTime}
	state := c.genesis(n)
	for _, edit := range edits {
		edit(c.app, state)
	}
	raw, err := json.Marshal(state)
	require.NoError(t, err)
	c.start(raw, 1)
	c.block() // the state of InitChain can be read once a block is committed
	return c
}

func newApp(options ...func(*baseapp.BaseApp)) *app.App {
	options = append(options, baseapp.SetChainID(testChainID))
	return app.New(log.NewNopLogger(), dbm.NewMemDB(), true, app.NoOptions{}, options...)
}

// start runs InitChain and takes the validators from its answer.
func (c *chain) start(appState []byte, initialHeight int64) {
	c.t.Helper()
	params := app.ConsensusParams().ToProto()
	response, err := c.app.InitChain(&abci.RequestInitChain{
		Time: c.time, ChainId: testChainID, ConsensusParams: &params, AppStateBytes: appState, InitialHeight: initialHeight,
		Validators: c.validators,
	})
	require.NoError(c.t, err)
	validators, err := cmttypes.PB2TM.ValidatorUpdates(response.Validators)
	require.NoError(c.t, err)
	c.current = cmttypes.NewValidatorSet(validators)
	c.next = c.current.CopyIncrementProposerPriority(1)
	c.height, c.appHash = initialHeight-1, response.AppHash
}

// block makes the next block with txs and commits it.
func (c *chain) block(txs ...[]byte) *abci.ResponseFinalizeBlock {
	c.t.Helper()
	c.height++
	c.time = c.time.Add(blockTime)
	response, err := c.app.FinalizeBlock(&abci.RequestFinalizeBlock{
		Height: c.height, Time: c.time, Txs: txs, Hash: []byte("block hash of thirty-two bytes..")[:32],
		ProposerAddress:    c.current.GetProposer().Address,
		DecidedLastCommit:  commitInfo(c.last),
		NextValidatorsHash: c.next.Hash(),
	})
	require.NoError(c.t, err)
	_, err = c.app.Commit()
	require.NoError(c.t, err)
	c.appHash = response.AppHash
	c.rotate(response.ValidatorUpdates)
	return response
}

// rotate applies the updates of block h to the set of block h+2, as CometBFT does.
func (c *chain) rotate(updates []abci.ValidatorUpdate) {
	c.t.Helper()
	changes, err := cmttypes.PB2TM.ValidatorUpdates(updates)
	require.NoError(c.t, err)
	afterNext := c.next.Copy()
	require.NoError(c.t, afterNext.UpdateWithChangeSet(changes))
	afterNext.IncrementProposerPriority(1)
	c.last, c.current, c.next = c.current, c.next, afterNext
	c.checkConsensusSet()
}

// checkConsensusSet compares what CometBFT will have two blocks on with what x/ssv says that it sent.
func (c *chain) checkConsensusSet() {
	c.t.Helper()
	iterator, err := c.app.SSV.ConsensusSet.Iterate(c.context(), nil)
	require.NoError(c.t, err)
	producers, err := iterator.Values()
	require.NoError(c.t, err)
	sent := map[string]int64{}
	for _, producer := range producers {
		sent[string(producer.ConsAddress)] = producer.Power
	}
	applied := map[string]int64{}
	for _, validator := range c.next.Validators {
		applied[string(validator.Address)] = validator.VotingPower
	}
	require.Equal(c.t, sent, applied)
}

func commitInfo(set *cmttypes.ValidatorSet) abci.CommitInfo {
	info := abci.CommitInfo{}
	if set == nil {
		return info
	}
	for _, validator := range set.Validators {
		info.Votes = append(info.Votes, abci.VoteInfo{
			Validator:   abci.Validator{Address: validator.Address, Power: validator.VotingPower},
			BlockIdFlag: 2,
		})
	}
	return info
}

func (c *chain) blocks(n int) {
	c.t.Helper()
	for range n {
		c.block()
	}
}

// context reads the last committed state.
func (c *chain) context() sdk.Context {
	return c.app.NewContextLegacy(true, cmtproto.Header{ChainID: testChainID, Height: c.height, Time: c.time})
}

// sign makes a transaction of msgs by key, at the sequence that the state says.
func (c *chain) sign(key cryptotypes.PrivKey, msgs ...sdk.Msg) []byte {
	c.t.Helper()
	account := c.app.Account.GetAccount(c.context(), sdk.AccAddress(key.PubKey().Address()))
	require.NotNil(c.t, account)
	config := c.app.Encoding().TxConfig
	tx, err := simtestutil.GenSignedMockTx(
		rand.New(rand.NewSource(1)), config, msgs, sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, 1000)), 1_000_000,
		testChainID, []uint64{account.GetAccountNumber()}, []uint64{account.GetSequence()}, key,
	)
	require.NoError(c.t, err)
	raw, err := config.TxEncoder()(tx)
	require.NoError(c.t, err)
	return raw
}

// genesis is the default state with n validators and three stakers.
func (c *chain) genesis(n int) map[string]json.RawMessage {
	cdc, state := c.app.Encoding().Codec, c.app.DefaultGenesis()
	for i := range n {
		c.operators = append(c.operators, secp256k1.GenPrivKeyFromSecret([]byte{'o', byte(i)}))
		c.submitters = append(c.submitters, secp256k1.GenPrivKeyFromSecret([]byte{'u', byte(i)}))
	}
	for i := range 3 {
		c.stakers = append(c.stakers, secp256k1.GenPrivKeyFromSecret([]byte{'s', byte(i)}))
	}

	bank := banktypes.DefaultGenesisState()
	accounts := make(authtypes.GenesisAccounts, 0, 2*n+len(c.stakers))
	for _, key := range slices.Concat(c.operators, c.submitters, c.stakers) {
		address := sdk.AccAddress(key.PubKey().Address())
		accounts = append(accounts, authtypes.NewBaseAccountWithAddress(address))
		bank.Balances = append(bank.Balances, banktypes.Balance{
			Address: address.String(), Coins: sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, 1_000_000_000)),
		})
	}
	staking := stakingtypes.GenesisState{}
	cdc.MustUnmarshalJSON(state[stakingtypes.ModuleName], &staking)
	for i, key := range c.operators {
		validator, delegation := newValidator(c.t, key, i)
		staking.Validators = append(staking.Validators, validator)
		staking.Delegations = append(staking.Delegations, delegation)
	}
	bank.Balances = append(bank.Balances, banktypes.Balance{
		Address: authtypes.NewModuleAddress(stakingtypes.NotBondedPoolName).String(),
		Coins:   sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, selfBond*int64(n))),
	})
	bank.Balances = banktypes.SanitizeGenesisBalances(bank.Balances)

	state[authtypes.ModuleName] = cdc.MustMarshalJSON(authtypes.NewGenesisState(authtypes.DefaultParams(), accounts))
	state[banktypes.ModuleName] = cdc.MustMarshalJSON(bank)
	state[stakingtypes.ModuleName] = cdc.MustMarshalJSON(&staking)
	return state
}

// newValidator has selfBond of its own and is bonded by InitGenesis; its consensus key is made of its index.
func newValidator(t testing.TB, operator cryptotypes.PrivKey, index int) (stakingtypes.Validator, stakingtypes.Delegation) {
	t.Helper()
	public, err := cryptocodec.FromCmtPubKeyInterface(cmted25519.GenPrivKeyFromSecret([]byte{byte(index)}).PubKey())
	require.NoError(t, err)
	packed, err := codectypes.NewAnyWithValue(public)
	require.NoError(t, err)
	account := sdk.AccAddress(operator.PubKey().Address())
	validator := stakingtypes.Validator{
		OperatorAddress: sdk.ValAddress(account).String(), ConsensusPubkey: packed, Status: stakingtypes.Unbonded,
		Tokens: math.NewInt(selfBond), DelegatorShares: math.LegacyNewDec(selfBond), MinSelfDelegation: math.OneInt(),
		UnbondingTime: time.Unix(0, 0).UTC(),
		Commission:    stakingtypes.NewCommission(math.LegacyZeroDec(), math.LegacyZeroDec(), math.LegacyZeroDec()),
	}
	return validator, stakingtypes.NewDelegation(account.String(), validator.OperatorAddress, math.LegacyNewDec(selfBond))
}
