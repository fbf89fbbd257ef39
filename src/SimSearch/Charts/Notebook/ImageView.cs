using SimSearch.Images;

namespace SimSearch.Charts;

/// <summary>An image in a notebook: itself, made smaller where it is large.</summary>
internal static class ImageView
{
    private const int Side = 480;

    public static Html Markup(ImageTensor image)
    {
        var about = Html.Of($"<p>{Text(image)}</p>");
        try { return Html.Join([about, Pictures.Small(image, Side, NotebookViews.SoundBytes, Text(image))]); }
        catch (ImageFormatException e) { return Html.Join([about, Html.Of($"<p class=\"ss-note\">No picture: {e.Message}</p>")]); }
    }

    public static string Text(ImageTensor image) => $"Image of {image}";
}
