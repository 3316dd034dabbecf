package ssv

import (
	"fmt"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/cosmos/cosmos-sdk/version"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// AutoCLIOptions describes the commands for every query and message but those that x/ssv/client/cli has by hand.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{Query: queryCommands(), Tx: txCommands()}
}

func queryCommands() *autocliv1.ServiceCommandDescriptor {
	return &autocliv1.ServiceCommandDescriptor{
		Service: types.Query_serviceDesc.ServiceName,
		RpcCommandOptions: []*autocliv1.RpcCommandOptions{
			{RpcMethod: "Params", Use: "params", Short: "The module's parameters"},
			{RpcMethod: "Era", Use: "era [number]", Short: "The current era, or a past one", PositionalArgs: optional("number")},
			{RpcMethod: "Candidate", Use: "candidate OPERATOR", Short: "A candidate and which criteria it meets", PositionalArgs: positional("operator")},
			{RpcMethod: "Candidates", Use: "candidates", Short: "The candidate register, with criteria"},
			{RpcMethod: "Submitter", Use: "submitter ACCOUNT", Short: "The operator for which an account submits", PositionalArgs: positional("submitter")},
			{RpcMethod: "Pool", Use: "pool [era]", Short: "The pool frozen for the election at an era's end", PositionalArgs: optional("era")},
			{RpcMethod: "Committees", Use: "committees [era]", Short: "The committees of an era", PositionalArgs: optional("era")},
			{RpcMethod: "ConsensusSet", Use: "consensus-set", Short: "Who produces blocks, and which bonded validators do not because they serve"},
			{RpcMethod: "Duties", Use: "duties OPERATOR [era]", Short: "What an operator owed and did in an era, and what a fault would cost it", PositionalArgs: append(positional("operator"), optional("era")...)},
			{RpcMethod: "Settlements", Use: "settlements [era]", Short: "Who had which fault in an era that ended, and what it cost", PositionalArgs: optional("era")},
			{RpcMethod: "Statement", Use: "statement [era]", Short: "Who earned what for what in an era that ended, and what went to the Treasury", PositionalArgs: optional("era")},
			{RpcMethod: "Evils", Use: "evils [operator]", Short: "The evil deeds of an operator, or of all, and what each cost", PositionalArgs: optional("operator")},
			{RpcMethod: "Evictions", Use: "evictions [contract]", Short: "The members that are to give their seats to standbys and have them still", PositionalArgs: optional("contract")},
			{
				RpcMethod: "Odds", Use: "odds [operator]", Short: "The chances of the candidates in the coming election, and how hard committees are to capture",
				Long: "The chances of each candidate, or of one, in the election at the current era's end, beside its plain share of stake. Before the pool " +
					"is frozen they are computed for what would be frozen now. Per contract: the chance that a coalition with 1/5, 1/4, 1/3 of the stake " +
					"takes a committee, and the smallest sizes that bring it under 10^-6 and 10^-9.",
				Example: fmt.Sprintf("%s query ssv odds", version.AppName), PositionalArgs: optional("operator"),
			},
			{
				RpcMethod: "Seed", Use: "seed [era]", Short: "The round of an era's seed, with all that the seed is computed of",
				Long: "The round that gives the seed of the election at an era's end, the newest without a number: its phase, its dealers with their slots, and " +
					"of each dealer its beacon key, commitment and opened element. The seed is SHA-256 of a domain, the chain's id, the era and the elements in order of operator.",
				PositionalArgs: optional("era"),
			},
			{
				RpcMethod: "Dealing", Use: "dealing ERA OPERATOR", Short: "A dealer's dealing and who has decrypted shares of it, while the round runs",
				PositionalArgs: positional("era", "operator"),
			},
		},
	}
}

func txCommands() *autocliv1.ServiceCommandDescriptor {
	return &autocliv1.ServiceCommandDescriptor{
		Service:              types.Msg_serviceDesc.ServiceName,
		EnhanceCustomCommand: true,
		RpcCommandOptions: []*autocliv1.RpcCommandOptions{
			{RpcMethod: "RegisterCandidate", Skip: true}, // by hand: takes proofs from a file
			{RpcMethod: "UpdateCandidate", Skip: true},   // by hand: takes proofs from a file
			{
				RpcMethod: "Resign", Use: "resign", Short: "Leave the register; a serving member stays until the era's end",
				Example: fmt.Sprintf("%s tx ssv resign --from operator", version.AppName),
			},
			{
				RpcMethod: "Heartbeat", Use: "heartbeat", Short: "Send a sign of life of the relayer",
				Example: fmt.Sprintf("%s tx ssv heartbeat --version v1.0.0 --from submitter", version.AppName),
			},
			{
				RpcMethod: "Deal", Use: "deal ERA DEALING", Short: "Hand in a dealing for an era's seed, as the relayer does",
				Example:        fmt.Sprintf("%s tx ssv deal 7 BASE64 --from submitter", version.AppName),
				PositionalArgs: positional("era", "dealing"),
			},
			{
				RpcMethod: "Open", Use: "open ERA SECRET", Short: "Open the secret of an accepted dealing, as the relayer does",
				Example:        fmt.Sprintf("%s tx ssv open 7 BASE64 --from submitter", version.AppName),
				PositionalArgs: positional("era", "secret"),
			},
			{
				RpcMethod: "Decrypt", Use: "decrypt ERA DEALER", Short: "Hand in decrypted shares of a dealing that was not opened, as the relayer does",
				Example:        fmt.Sprintf("%s tx ssv decrypt 7 stafivaloper1... --shares BASE64 --shares BASE64 --proof BASE64 --from submitter", version.AppName),
				PositionalArgs: positional("era", "dealer"),
			},
			{
				RpcMethod: "SetEraShares", Use: "set-era-shares ERA",
				Short:          "Set the shares of an era's reward, as the foundation, within its window",
				Example:        fmt.Sprintf(`%s tx ssv set-era-shares 7 --shares '{"operator": "stafivaloper1...", "amount": "1000"}' --from foundation`, version.AppName),
				PositionalArgs: positional("era"),
			},
			{
				RpcMethod: "SpendTreasury", Use: "spend-treasury-proposal RECIPIENT AMOUNT...",
				Short:          "Propose a payment from the Protocol Treasury",
				Long:           "Propose a payment from the Protocol Treasury, the module account ssv_treasury, of one or more coins. What is not there when the proposal passes is not paid.",
				Example:        fmt.Sprintf("%s tx ssv spend-treasury-proposal stafi1... 1000000ufis --title Grant --summary Why --deposit 10000000ufis --from proposer", version.AppName),
				PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "recipient"}, {ProtoField: "amount", Varargs: true}},
				GovProposal:    true,
			},
			{
				RpcMethod: "UpdateParams", Use: "update-params-proposal PARAMS",
				Short:          "Propose new parameters; all must be given",
				Long:           fmt.Sprintf("Propose new parameters. All must be given: see `%s query ssv params --output json`.", version.AppName),
				Example:        fmt.Sprintf(`%s tx ssv update-params-proposal '{"era_duration": "86400s", ...}' --from proposer`, version.AppName),
				PositionalArgs: positional("params"), GovProposal: true,
			},
		},
	}
}

func positional(fields ...string) []*autocliv1.PositionalArgDescriptor {
	var args []*autocliv1.PositionalArgDescriptor
	for _, field := range fields {
		args = append(args, &autocliv1.PositionalArgDescriptor{ProtoField: field})
	}
	return args
}

func optional(field string) []*autocliv1.PositionalArgDescriptor {
	return []*autocliv1.PositionalArgDescriptor{{ProtoField: field, Optional: true}}
}
