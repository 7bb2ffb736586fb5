using System.Text;

namespace Sora.Sieve.Tests;

/// <summary>Runs scripts of tests: text in, what comes out as short lines.</summary>
internal static class Scripts
{
    /// <summary>Message A and B of RFC 5228 section 1.1.</summary>
    public const string MessageA = """
        Date: Tue, 1 Apr 1997 09:06:31 -0800 (PST)
        From: coyote@desert.example.org
        To: roadrunner@acme.example.com
        Subject: I have a present for you

        Look, I'm sorry about the whole anvil thing, and I really
        didn't mean to try and drop it on you from the top of the
        cliff.  I want to try to make it up to you.  I've got some
        great birdseed over here at my place--top of the line
        stuff--and if you come by, I'll have it all wrapped up
        for you.  I'm really sorry for all the problems I've caused
        for you over the years, but I know we can work this out.
        --
        Wile E. Coyote   "Super Genius"   coyote@desert.example.org

        """;

    public const string MessageB = """
        From: youcouldberich!@reply-by-postal-mail.invalid
        Sender: b1ff@de.res.example.com
        To: rube@landru.example.com
        Date:  Mon, 31 Mar 1997 18:26:10 -0800
        Subject: $$$ YOU, TOO, CAN BE A MILLIONAIRE! $$$

        YOU MAY HAVE ALREADY WON TEN MILLION DOLLARS, BUT I DOUBT
        IT!  SO JUST POST THIS TO SIX HUNDRED NEWSGROUPS!  IT WILL
        GUARANTEE THAT YOU GET AT LEAST FIVE RESPONSES WITH MONEY!
        MONEY! MONEY! COLD HARD CASH!  YOU WILL RECEIVE OVER
        $20,000 IN LESS THAN TWO MONTHS!  AND IT'S LEGAL!!!!!!!!!
        !!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!
        !!!!!!!!!!!!!!!!!!!!!!  SEND $20 IN AN ENVELOPE TO
        THE SENDER OF THIS MESSAGE!

        """;

    public static byte[] Crlf(string text) => Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n"));

    public static SieveMessage Message(string text) => new SieveMessageInMemory(Crlf(text));

    public static SieveCompilation Compile(string script, SieveCompilerOptions? options = null) => SieveCompiler.Compile(Crlf(script), options);

    public static SieveScript Script(string script)
    {
        var compilation = Compile(script);
        compilation.IsOk.ShouldBeTrue(string.Join('\n', compilation.Diagnostics));
        return compilation.Script!;
    }

    /// <summary>All diagnostics, one a line.</summary>
    public static string Errors(string script, SieveCompilerOptions? options = null) =>
        string.Join('\n', Compile(script, options).Diagnostics.Where(static diagnostic => diagnostic.Severity == SieveSeverity.Error));

    public static SieveInput Input(string script, string message, ISieveHost? host = null, SieveEnvelope? envelope = null) => new()
    {
        Scripts = [new SieveSequenceItem("", Script(script))],
        Message = Message(message),
        Host = host ?? new TestHost(),
        Envelope = envelope ?? new SieveEnvelope { From = "coyote@desert.example.org", To = "roadrunner@acme.example.com" },
        Time = new DateTimeOffset(2026, 11, 28, 12, 30, 0, TimeSpan.Zero),
    };

    public static SieveResult Run(SieveInput input)
    {
        var task = SieveInterpreter.RunAsync(input);
        task.IsCompleted.ShouldBeTrue("a host that answers at once needs no waiting");
        return task.AsTask().GetAwaiter().GetResult();
    }

    public static SieveResult Run(string script, string message = MessageA, ISieveHost? host = null, SieveEnvelope? envelope = null) =>
        Run(Input(script, message, host, envelope));

    /// <summary>The result of a script as short text: <c>fileinto Junk; keep</c>; the implicit keep is <c>(keep)</c>.</summary>
    public static string Outcome(string script, string message = MessageA, ISieveHost? host = null, SieveEnvelope? envelope = null) =>
        Show(Run(script, message, host, envelope));

    /// <summary>A test's value, by what the script does with it.</summary>
    public static bool Holds(string test, string message = MessageA, string require = "", ISieveHost? host = null, SieveEnvelope? envelope = null)
    {
        var outcome = Outcome($"{(require.Length == 0 ? "" : $"require {require};\n")}if {test} {{ discard; }}", message, host, envelope);
        outcome.ShouldBeOneOf("discard", "(keep)");
        return outcome == "discard";
    }

    public static string Show(SieveResult result)
    {
        var lines = result.Actions.Select(Show).ToList();
        if (result.Error is not null)
            lines.Add($"error in line {result.Error.Line}: {result.Error.Message}");
        if (result.ImplicitKeep)
            lines.Add($"(keep{Flags(result.KeepFlags)})");
        return string.Join("; ", lines);
    }

    private static string Flags(IEnumerable<string>? flags) => flags is null ? "" : $" [{string.Join(' ', flags)}]";

    private static string Show(SieveAction action) => action switch
    {
        KeepAction keep => $"keep{Flags(keep.Flags)}",
        FileIntoAction file => $"fileinto {file.Mailbox}{(file.IsCopy ? " :copy" : "")}{(file.Create ? " :create" : "")}"
            + $"{(file.SpecialUse is null ? "" : $" :specialuse {file.SpecialUse}")}{(file.MailboxId is null ? "" : $" :mailboxid {file.MailboxId}")}{Flags(file.Flags)}",
        RedirectAction redirect => $"redirect {(redirect.List is null ? redirect.Address : $":list {redirect.List}")}{(redirect.IsCopy ? " :copy" : "")}",
        DiscardAction => "discard",
        RejectAction reject => $"{(reject.IsEreject ? "ereject" : "reject")} {reject.Reason.Trim()}",
        VacationAction vacation => $"vacation to {vacation.Recipient}",
        NotifyAction notify => $"notify {notify.Method}",
        AddHeaderAction add => $"addheader {add.Name}: {add.Value}",
        ReportAction report => $"report {report.FeedbackType} to {report.Recipient}{(report.IsHeadersOnly ? " :headers_only" : "")}",
        DeleteHeaderAction delete => $"deleteheader {delete.Name} {delete.Count}",
        _ => action.GetType().Name,
    };
}
