import com.adobe.epubcheck.tool.EpubChecker;

/** Runs EPUBCheck over many books in one Java machine: starting it costs more than checking a book. */
public class CheckBooks {
    /** Takes pairs of a book and the file for its report as JSON. */
    public static void main(String[] pairs) {
        for (int place = 0; place < pairs.length; place += 2) {
            new EpubChecker().run(new String[] {pairs[place], "--quiet", "--json", pairs[place + 1]});
        }
    }
}
