using System.Text;
using Sora.Gateway.Sieve;

namespace Sora.Gateway.Imap.Filter;

/// <summary>
/// The untagged FILTER and FILTERED responses (draft-bosch-imap-filter-sieve-00 sections 3.3, 3.4 and 7). Between the word and the text there is a space, as in the draft's examples and
/// not in its grammar.
/// </summary>
internal sealed class FilterResponse(ImapConnection connection, bool byUid, int maxErrors)
{
    /// <summary>What is wrong with the scripts, whichever message they run on.</summary>
    public void WriteProblem(IReadOnlyList<string> diagnostics, bool hasErrors)
    {
        connection.Writer.Raw("* FILTER "u8);
        WriteCorrelator();
        WriteTexts(hasErrors, diagnostics);
        connection.Writer.Crlf();
    }

    /// <summary>The scripts have done something with a message, or have failed.</summary>
    /// <param name="number">Its message number; that is what stands here, for UID FILTER too.</param>
    /// <param name="uid">Its UID.</param>
    /// <param name="errors">What went wrong; empty for OK.</param>
    public void WriteResult(int number, uint uid, IReadOnlyList<string> errors)
    {
        var writer = connection.Writer;
        writer.Raw("* "u8);
        writer.Number(number);
        writer.Raw(" FILTERED "u8);
        WriteCorrelator();
        if (byUid)
        {
            writer.Raw(" UID "u8);
            writer.Number(uid);
        }

        if (errors.Count == 0)
            writer.Raw(" OK"u8);
        else
            WriteTexts(areErrors: true, errors);
        writer.Crlf();
    }

    /// <summary>One line of an answer for something that a script's owner should know.</summary>
    public static string Line(DeliveryNote note) =>
        note.Line > 0 ? $"{(note.Script.Length > 0 ? $"{note.Script}: " : "")}line {note.Line}: {note.Text}" : note.Text;

    private void WriteCorrelator()
    {
        connection.Writer.Raw("(TAG "u8);
        connection.Writer.String(connection.Tag);
        connection.Writer.Raw(")"u8);
    }

    private void WriteTexts(bool areErrors, IReadOnlyList<string> texts)
    {
        connection.Writer.Raw(areErrors ? " ERRORS "u8 : " WARNINGS "u8);
        var text = new StringBuilder();
        for (var i = 0; i < texts.Count && i < maxErrors; i++)
            text.Append(texts[i].ReplaceLineEndings(" ")).Append("\r\n");
        if (texts.Count > maxErrors)
            text.Append("and more\r\n");
        connection.Writer.Literal(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
