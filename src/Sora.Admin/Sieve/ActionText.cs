using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Gateway.Sieve;
using Sora.Sieve;

namespace Sora.Admin.Sieve;

/// <summary>Tells what an action would do, in a line.</summary>
internal static class ActionText
{
    public static string Of(SieveAction action) => $"line {action.Line}: {What(action)}";

    public static string Of(PlannedStore store) =>
        $"{Quoted(store.Name.Value)}{(store.IsCreated ? ", which would be created" : "")}{FlagsOf(store.Flags)}{(store.Message is null ? "" : ", changed")}";

    private static string FlagsOf(FlagSet flags)
    {
        if (flags.IsEmpty)
            return "";
        var names = Enum.GetValues<SystemFlags>().Where(flag => flag != SystemFlags.None && flags.System.HasFlag(flag)).Select(static flag => $"\\{flag}");
        return $" with flags ({string.Join(' ', names.Concat(flags.Keywords))})";
    }

    public static string Flags(ImmutableArray<string>? flags) => flags is { } set ? $" with flags ({string.Join(' ', set)})" : "";

    private static string What(SieveAction action) => action switch
    {
        KeepAction keep => "keep" + Flags(keep.Flags),
        FileIntoAction file => $"fileinto {Quoted(file.Mailbox)}{Flag(file.Create, ":create")}{Value(":specialuse", file.SpecialUse)}"
            + $"{Value(":mailboxid", file.MailboxId)}{Flag(file.IsCopy, ":copy")}{Flags(file.Flags)}",
        RedirectAction { List: { } list } => $"redirect :list {Quoted(list)}",
        RedirectAction redirect => $"redirect {Quoted(redirect.Address)}{Flag(redirect.IsCopy, ":copy")}",
        DiscardAction => "discard",
        RejectAction reject => $"{(reject.IsEreject ? "ereject" : "reject")} {Quoted(reject.Reason)}",
        VacationAction vacation => $"vacation to {Quoted(vacation.Recipient)} with subject {Quoted(vacation.ReplySubject)}: {Quoted(vacation.Reason)}",
        NotifyAction notify => $"notify {Quoted(notify.Method)}{Value(":message", notify.Text)}",
        ReportAction report => $"report{Flag(report.IsHeadersOnly, ":headers_only")} {Quoted(report.FeedbackType)} {Quoted(report.Text)} to {Quoted(report.Recipient)}",
        AddHeaderAction add => $"addheader{Flag(add.IsLast, ":last")} {Quoted(add.Name)} {Quoted(add.Value)}",
        DeleteHeaderAction delete => $"deleteheader {Quoted(delete.Name)}: {delete.Count} fields",
        ConvertAction convert => $"convert {Quoted(convert.From)} to {Quoted(convert.To)}",
        ReplaceAction => "replace",
        EncloseAction => "enclose",
        _ => action.GetType().Name,
    };

    private static string Flag(bool isSet, string tag) => isSet ? " " + tag : "";

    private static string Value(string tag, string? value) => value is null ? "" : $" {tag} {Quoted(value)}";

    // One line, whatever a script says
    private static string Quoted(string text) => $"\"{text.ReplaceLineEndings(" ")}\"";
}
