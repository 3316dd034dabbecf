package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

type (
	// clientKey is (era, contract, operator, client), both addresses raw.
	clientKey = collections.Quad[uint64, uint64, []byte, []byte]
	// inflowKey is (era, contract, account).
	inflowKey = collections.Triple[uint64, uint64, []byte]
)

func (k *Keeper) addCalls(sb *collections.SchemaBuilder) {
	id, raw := collections.Uint64Key, collections.BytesKey
	k.clients = collections.NewMap(sb, types.ClientsPrefix, "clients", collections.QuadKeyCodec(id, id, raw, raw), collections.Uint64Value)
	k.inflows = collections.NewMap(sb, types.InflowsPrefix, "inflows", collections.TripleKeyCodec(id, id, raw), sdk.IntValue)
	k.rtokens = collections.NewMap(sb, types.RTokensPrefix, "rtokens", collections.StringKey, collections.Uint64Value)
}

// NoteInflow is told of every transfer by x/bank and adds rTokens that an account receives to its inflow of the era. It stops no transfer and
// redirects none. What was received in an era does not count for min_client_balance in it: so no rToken counts for two clients.
func (k Keeper) NoteInflow(ctx context.Context, from, to sdk.AccAddress, amounts sdk.Coins) (sdk.AccAddress, error) {
	for _, coin := range amounts {
		// Every rToken's denom begins with r: other transfers cost nothing here.
		if coin.Denom == "" || coin.Denom[0] != 'r' || to.Equals(k.account.GetModuleAddress(types.ModuleName)) {
			continue
		}
		contract, found, err := maybe(ctx, k.rtokens, coin.Denom)
		if err != nil {
			return to, err
		}
		if !found {
			continue
		}
		if err := k.addInflow(ctx, contract, to, coin.Amount); err != nil {
			return to, err
		}
	}
	return to, nil
}

func (k Keeper) addInflow(ctx context.Context, contract uint64, account sdk.AccAddress, amount math.Int) error {
	era, err := k.ssv.CurrentEra(ctx)
	if err != nil {
		return err
	}
	key := collections.Join3(era.Number, contract, []byte(account))
	known, found, err := maybe(ctx, k.inflows, key)
	if err != nil {
		return err
	}
	if found {
		amount = amount.Add(known)
	}
	return k.inflows.Set(ctx, key, amount)
}

// held is what an account holds of a contract's rToken less what it received in the era: at most what it held when the era began. The sum over
// all accounts is at most the supply, however often rTokens change hands.
func (k Keeper) held(ctx context.Context, era uint64, contract types.Contract, account sdk.AccAddress) (math.Int, error) {
	balance := k.bank.GetBalance(ctx, account, contract.RtokenDenom).Amount
	received, found, err := maybe(ctx, k.inflows, collections.Join3(era, contract.Id, []byte(account)))
	if err != nil || !found {
		return balance, err
	}
	return math.MaxInt(balance.Sub(received), math.ZeroInt()), nil
}

// pruneCalls deletes up to max records of clients and inflows of past eras.
func (k Keeper) pruneCalls(ctx context.Context, limit int) error {
	era, err := k.ssv.CurrentEra(ctx)
	if err != nil {
		return err
	}
	clients, err := firstKeys(ctx, k.clients, limit, func(key clientKey) bool { return key.K1() < era.Number })
	if err != nil {
		return err
	}
	for _, key := range clients {
		if err := k.clients.Remove(ctx, key); err != nil {
			return err
		}
	}
	inflows, err := firstKeys(ctx, k.inflows, limit-len(clients), func(key inflowKey) bool { return key.K1() < era.Number })
	if err != nil {
		return err
	}
	for _, key := range inflows {
		if err := k.inflows.Remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// anyPastCalls says whether clients or inflows of past eras, of whatever contract, are still to be deleted.
func (k Keeper) anyPastCalls(ctx context.Context, w *work) (bool, error) {
	clients, err := firstKeys(ctx, k.clients, 1, func(key clientKey) bool { return key.K1() < w.era })
	if err != nil || len(clients) > 0 {
		return true, err
	}
	inflows, err := firstKeys(ctx, k.inflows, 1, func(key inflowKey) bool { return key.K1() < w.era })
	return len(inflows) > 0, err
}

// firstKeys returns the first keys of a map, at most limit, as long as they are wanted.
func firstKeys[K, V any](ctx context.Context, m collections.Map[K, V], limit int, wanted func(K) bool) ([]K, error) {
	iterator, err := m.Iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	var keys []K
	for ; iterator.Valid() && len(keys) < limit; iterator.Next() {
		key, err := iterator.Key()
		if err != nil {
			return nil, errors.Join(err, iterator.Close())
		}
		if !wanted(key) {
			break
		}
		keys = append(keys, key)
	}
	return keys, iterator.Close()
}

// maybe returns a record and whether there is one.
func maybe[K, V any](ctx context.Context, m collections.Map[K, V], key K) (V, bool, error) {
	value, err := m.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return value, false, nil
	}
	return value, err == nil, err
}

func (k Keeper) initCalls(ctx context.Context, g types.GenesisState) error {
	for _, c := range g.Clients {
		operator, err := sdk.ValAddressFromBech32(c.Operator)
		if err != nil {
			return err
		}
		client, err := k.accountAddress(c.Client)
		if err != nil {
			return err
		}
		if err := k.clients.Set(ctx, collections.Join4(c.Era, c.Contract, []byte(operator), []byte(client)), c.Calls); err != nil {
			return err
		}
	}
	for _, f := range g.Inflows {
		account, err := k.accountAddress(f.Account)
		if err != nil {
			return err
		}
		if err := k.inflows.Set(ctx, collections.Join3(f.Era, f.Contract, []byte(account)), f.Amount); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) exportCalls(ctx context.Context, g *types.GenesisState) error {
	err := k.clients.Walk(ctx, nil, func(key clientKey, calls uint64) (bool, error) {
		client, err := k.account.AddressCodec().BytesToString(key.K4())
		g.Clients = append(g.Clients, types.CountedClient{
			Era: key.K1(), Contract: key.K2(), Operator: sdk.ValAddress(key.K3()).String(), Client: client, Calls: calls,
		})
		return err != nil, err
	})
	if err != nil {
		return err
	}
	return k.inflows.Walk(ctx, nil, func(key inflowKey, amount math.Int) (bool, error) {
		account, err := k.account.AddressCodec().BytesToString(key.K3())
		g.Inflows = append(g.Inflows, types.Inflow{Era: key.K1(), Contract: key.K2(), Account: account, Amount: amount})
		return err != nil, err
	})
}
