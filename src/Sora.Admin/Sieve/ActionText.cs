using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Gateway.Sieve;
using Sora.Sieve;

namespace Sora.Admin.Sieve;

/// <summary>Tells what an action would do, in a line.</summary>
internal static class ActionText
{
    // Of a list of addresses so many are shown
    private const int MaxMembers = 20;

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
        RedirectAction { List: { } list } redirect => $"redirect :list {Quoted(list)}{Modifiers(redirect)} to {Members(redirect.Members)}",
        RedirectAction redirect => $"redirect {Quoted(redirect.Address)}{Modifiers(redirect)}",
        DiscardAction => "discard",
        RejectAction reject => $"{(reject.IsEreject ? "ereject" : "reject")} {Quoted(reject.Reason)}",
        VacationAction vacation => $"vacation to {Quoted(vacation.Recipient)} from {Quoted(vacation.From ?? vacation.OwnAddress)} with subject {Quoted(vacation.ReplySubject)}"
            + $"{Flag(vacation.IsMime, ":mime")}{Interval(vacation.Interval)}{Fcc(vacation.Fcc)}: {Quoted(vacation.Reason)}",
        NotifyAction notify => $"notify {Quoted(notify.Method)}{Value(":from", notify.From)} :importance \"{notify.Importance}\""
            + $"{Value(":options", notify.Options.IsEmpty ? null : string.Join(", ", notify.Options))}{Value(":message", notify.Text)}{Fcc(notify.Fcc)}",
        ReportAction report => $"report{Flag(report.IsHeadersOnly, ":headers_only")} {Quoted(report.FeedbackType)} {Quoted(report.Text)} to {Quoted(report.Recipient)}",
        AddHeaderAction add => $"addheader{Flag(add.IsLast, ":last")} {Quoted(add.Name)} {Quoted(add.Value)}",
        DeleteHeaderAction delete => $"deleteheader {Quoted(delete.Name)}: {delete.Count} fields",
        ConvertAction convert => $"convert {Quoted(convert.From)} to {Quoted(convert.To)}",
        ReplaceAction => "replace",
        EncloseAction => "enclose",
        _ => action.GetType().Name,
    };

    private static string Modifiers(RedirectAction redirect) =>
        $"{Flag(redirect.IsCopy, ":copy")}{Value(":notify", redirect.Notify)}{Value(":ret", redirect.Ret)}"
        + (redirect.BySeconds is { } seconds ? $" :bytimerelative {seconds} :bymode \"{redirect.ByMode}\"{Flag(redirect.ByTrace, ":bytrace")}" : "");

    private static string Members(IReadOnlyList<string> members) =>
        members.Count switch { 0 => "nobody", <= MaxMembers => string.Join(", ", members), _ => $"{string.Join(", ", members.Take(MaxMembers))} and {members.Count - MaxMembers} more" };

    private static string Interval(TimeSpan? interval) => interval switch
    {
        null => "",
        { } time when time.TotalDays >= 1 && time.TotalDays % 1 == 0 => $" :days {time.TotalDays}",
        { } time => $" :seconds {time.TotalSeconds}",
    };

    private static string Fcc(SieveFcc? fcc) => fcc is null ? "" : $" :fcc {Quoted(fcc.Mailbox)}{Flag(fcc.Create, ":create")}{Value(":specialuse", fcc.SpecialUse)}{Value(":mailboxid", fcc.MailboxId)}";

    private static string Flag(bool isSet, string tag) => isSet ? " " + tag : "";

    private static string Value(string tag, string? value) => value is null ? "" : $" {tag} {Quoted(value)}";

    // One line, whatever a script says
    private static string Quoted(string text) => $"\"{text.ReplaceLineEndings(" ")}\"";
}
