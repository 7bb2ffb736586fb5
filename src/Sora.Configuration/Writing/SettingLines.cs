using System.Text;

namespace Sora.Configuration.Writing;

/// <summary>
/// The lines of a file that is written for people: prose comments begin with "# ", settings that are switched off with "#" alone.
/// </summary>
internal sealed class SettingLines
{
    public const int Width = 120;
    private readonly StringBuilder _text = new();

    public override string ToString() => _text.ToString();

    /// <summary>One empty line, never two, and none at the top.</summary>
    public void Blank()
    {
        if (_text.Length > 0 && !(_text.Length > 1 && _text[^1] == '\n' && _text[^2] == '\n'))
        {
            _text.Append('\n');
        }
    }

    public void Header(string header, bool off = false)
    {
        Blank();
        Line(header, off);
    }

    /// <summary>A line, or several; each is switched off on its own.</summary>
    public void Line(string line, bool off = false) =>
        _text.Append(off ? "#" : "").Append(off ? line.Replace("\n", "\n#", StringComparison.Ordinal) : line).Append('\n');

    public void Setting(string setting, string? comment) =>
        Line(comment is null ? setting : $"{setting}  # {comment}");

    /// <summary>Prose, wrapped between words at <see cref="Width"/> columns.</summary>
    public void Comment(string prose)
    {
        foreach (var paragraph in prose.ReplaceLineEndings("\n").Split('\n'))
        {
            var line = new StringBuilder("#");
            foreach (var word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.Length > 1 && line.Length + 1 + word.Length > Width)
                {
                    Line(line.ToString());
                    line.Clear().Append('#');
                }

                line.Append(' ').Append(word);
            }

            Line(line.ToString());
        }
    }
}
