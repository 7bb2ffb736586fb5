using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sora.Contracts;
using Spectre.Console;

namespace Sora.Admin;

/// <summary>One run of a command: what was asked for, and where the answer goes.</summary>
internal sealed class CommandRun(ParseResult parsed, CommandHost host)
{
    private const int WidthOfFiles = 10_000;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // it goes to no web page, and addresses stay readable
    };

    private static readonly JsonSerializerOptions JsonOnOneLine = new(Json) { WriteIndented = false };

    public Terminal Terminal => host.Terminal;

    public bool WantsJson => parsed.GetValue(host.Globals.Json);

    public string? DataFolder => parsed.GetValue(host.Globals.Data);

    /// <summary>What is written down of it when it changes something.</summary>
    public AdminAct Act => AdminAct.Of(parsed);

    /// <summary>Why it was refused.</summary>
    public string? Failure { get; private set; }

    /// <summary>It has come to a result.</summary>
    public bool HasResult { get; private set; }

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T Required<T>(Option<T> option) => parsed.GetRequiredValue(option);

    public AdminOptions LoadOptions() => host.Globals.Load(parsed);

    /// <summary>Writes the result: as JSON when that is asked for, else as a line of text.</summary>
    public int Done(object json, string text)
    {
        HasResult = true;
        if (WantsJson)
            WriteJson(json);
        else
            Terminal.Output.WriteLine(text);
        return ExitCode.Ok;
    }

    public int Failed(MailError error) => Failed(error.Text);

    public int Failed(string text)
    {
        Failure = text;
        Say(text);
        return ExitCode.Failed;
    }

    /// <summary>One line on standard error.</summary>
    public void Say(string text) => AdminProgram.Say(Terminal, text);

    public void WriteJson(object json)
    {
        HasResult = true;
        Terminal.Output.WriteLine(JsonSerializer.Serialize(json, Json));
    }

    /// <summary>The end of a result that was written piece by piece.</summary>
    public void Wrote(string end)
    {
        HasResult = true;
        Terminal.Output.WriteLine(end);
    }

    /// <summary>A part of a result on one line.</summary>
    public static string JsonLine(object json) => JsonSerializer.Serialize(json, JsonOnOneLine);

    public void WriteTable(string[] columns, IEnumerable<object?[]> rows)
    {
        HasResult = true;
        using var drawn = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(drawn),
            Ansi = AnsiSupport.No,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = Terminal.Width ?? WidthOfFiles;
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns)
            table.AddColumn(new TableColumn(new Text(column)));
        foreach (var row in rows)
            table.AddRow(row.Select(static cell => new Text(Shown(cell))));
        console.Write(table);

        // Without the empty lines around it and the spaces behind it
        foreach (var line in drawn.ToString().Split('\n'))
        {
            if (!string.IsNullOrWhiteSpace(line))
                Terminal.Output.WriteLine(line.TrimEnd());
        }
    }

    public static string Shown(object? value) => value switch
    {
        null => "",
        bool yes => yes ? "yes" : "",
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
